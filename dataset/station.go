package dataset

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"lacuna/dataio"
	"lacuna/tensor"
)

// MeteoVariables are the variables of a station file: mean daily maximum and minimum temperature (°C), days of air
// frost, rainfall (mm), sunshine (hours).
func MeteoVariables() []string { return []string{"tmax", "tmin", "af", "rain", "sun"} }

const variables = 5

// Month is a month of a year.
type Month struct{ Year, Month int }

// String is year and month, 1960-01.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m.Year, m.Month) }

// next is the month after m.
func (m Month) next() Month {
	if m.Month == 12 {
		return Month{m.Year + 1, 1}
	}
	return Month{m.Year, m.Month + 1}
}

// Station is what a Met Office station file holds.
type Station struct {
	Name    string
	Title   string // the file's first line
	Records map[Month][variables]float64
}

// ParseStation reads a Met Office station file. path is for messages. Values are NaN where the file has --- or
// nothing; the flags * (estimated), # (other instrument) and $ are dropped, and so are words behind the values, even
// glued to the last of them. What is wrong with the file is a *dataio.Error.
func ParseStation(name, path string, data []byte) (*Station, error) {
	s := &Station{Name: name, Records: map[Month][variables]float64{}}
	p := stationParser{path: path}
	for text := range strings.Lines(string(bytes.TrimPrefix(data, []byte("\uFEFF")))) {
		p.line++
		fields := strings.Fields(text)
		switch {
		case len(fields) == 0:
		case p.columns == nil:
			if s.Title == "" {
				s.Title = strings.TrimSpace(text)
			}
			if err := p.header(fields); err != nil {
				return nil, err
			}
		case len(s.Records) == 0 && fields[0] == "degC":
		case strings.EqualFold(strings.Join(fields, " "), "site closed"):
			p.closed = true
		default:
			month, values, err := p.record(fields)
			if err != nil {
				return nil, err
			}
			if _, twice := s.Records[month]; twice {
				return nil, p.fail("", month.String(), "is listed twice", "remove one of the rows")
			}
			s.Records[month] = values
		}
	}
	if p.columns == nil {
		p.line = 0
		return nil, p.fail("", "", "there is no line that begins with yyyy mm", "give a station file of the Met Office")
	}
	if len(s.Records) == 0 {
		p.line = 0
		return nil, p.fail("", "", "there is no month in the file", "get it again")
	}
	return s, nil
}

type stationParser struct {
	path    string
	line    int
	columns []int // the variable in each column behind year and month
	closed  bool
}

func (p *stationParser) fail(column, value, problem, remedy string) error {
	return &dataio.Error{Path: p.path, Line: p.line, Column: column, Value: value, Problem: problem, Remedy: remedy}
}

// header looks for the line that names the columns.
func (p *stationParser) header(fields []string) error {
	if len(fields) < 3 || fields[0] != "yyyy" || fields[1] != "mm" {
		return nil
	}
	for _, name := range fields[2:] {
		variable := -1
		for v, known := range MeteoVariables() {
			if name == known {
				variable = v
			}
		}
		if variable < 0 {
			return p.fail("", name, "is no variable that lacuna knows",
				"give a file with the columns "+strings.Join(MeteoVariables(), " "))
		}
		p.columns = append(p.columns, variable)
	}
	return nil
}

// record reads a month. Rows may end early, and words (Provisional) may follow the values.
func (p *stationParser) record(fields []string) (month Month, values [variables]float64, err error) {
	for v := range values {
		values[v] = math.NaN()
	}
	var errYear, errMonth error
	month.Year, errYear = strconv.Atoi(fields[0])
	if p.closed || errYear != nil || month.Year < 1600 || month.Year > 2999 {
		return month, values, p.fail("yyyy", fields[0], "is no year", "get the file again")
	}
	if len(fields) < 2 {
		return month, values, p.fail("mm", "", "the month is missing", "get the file again")
	}
	month.Month, errMonth = strconv.Atoi(fields[1])
	if errMonth != nil || month.Month < 1 || month.Month > 12 {
		return month, values, p.fail("mm", fields[1], "is no month", "get the file again")
	}
	k := 0
	for _, field := range fields[2:] {
		// Words end the values, and the first may be glued to the last value.
		letters := strings.IndexFunc(field, unicode.IsLetter)
		bare := field
		if letters >= 0 && (letters == 0 || !strings.ContainsFunc(field[letters:], unicode.IsDigit)) {
			bare = field[:letters]
		}
		bare = strings.TrimRight(bare, "*#$")
		if bare != "" {
			if k == len(p.columns) {
				return month, values, p.fail("", field, "is one value too many", "get the file again")
			}
			variable := p.columns[k]
			k++
			if values[variable], err = p.value(variable, field, bare); err != nil {
				return month, values, err
			}
		}
		if letters >= 0 {
			break
		}
	}
	return month, values, nil
}

// value reads a number without its flags.
func (p *stationParser) value(variable int, field, bare string) (float64, error) {
	if bare == "---" {
		return math.NaN(), nil
	}
	value, err := strconv.ParseFloat(bare, 64)
	if err != nil || math.IsInf(value, 0) {
		return 0, p.fail(MeteoVariables()[variable], field, "is no number", "get the file again")
	}
	return value, nil
}

// StationTensor makes a tensor months × stations × variables of the months from first on. Cells without a value are
// not observed. It returns an error if a station has no value in that time.
func StationTensor(stations []*Station, first Month, months int) (*tensor.Observed, error) {
	modes := []tensor.Mode{{Name: "month"}, {Name: "station"}, {Name: "variable", Labels: MeteoVariables()}}
	index := make([][]int32, 3)
	var values []float64
	month := first
	for m := range months {
		modes[0].Labels = append(modes[0].Labels, month.String())
		for s, station := range stations {
			for v, value := range station.Records[month] {
				if _, ok := station.Records[month]; ok && !math.IsNaN(value) {
					for n, i := range []int{m, s, v} {
						index[n] = append(index[n], int32(i))
					}
					values = append(values, value)
				}
			}
		}
		month = month.next()
	}
	for _, station := range stations {
		modes[1].Labels = append(modes[1].Labels, station.Name)
	}
	o, err := tensor.NewObserved(modes, index, values)
	if err != nil {
		return nil, err
	}
	for s, count := range o.Counts()[1] {
		if count == 0 {
			return nil, &dataio.Error{
				Path: stations[s].Name, Problem: fmt.Sprintf("the station has no value in the %d months from %s on", months, first),
				Remedy: "leave it out, or take other months",
			}
		}
	}
	return o, nil
}
