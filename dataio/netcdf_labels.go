package dataio

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/netcdf"
)

// labels are those of a dimension: its coordinate variable's values, or numbers from 0.
func (s *ncSource) labels(d int) (labels []string, warning string) {
	dim := s.file.Dims[d]
	for k := range s.file.Vars {
		v := &s.file.Vars[k]
		if v.Name != dim.Name || len(v.Dims) == 0 || v.Dims[0] != d {
			continue
		}
		switch {
		case v.Type == netcdf.Char && len(v.Dims) == 2:
			labels = texts(v.Gather(), dim.Length)
		case v.Type != netcdf.Char && len(v.Dims) == 1:
			labels = coordinates(v)
		}
	}
	if labels == nil {
		return numbered(dim.Length), ""
	}
	seen := map[string]bool{}
	for _, label := range labels {
		if seen[label] || label == "" || label == "NaN" {
			return numbered(dim.Length), fmt.Sprintf("the coordinate %s has %q twice or empty: its cells are numbered instead",
				shorten(dim.Name), shorten(label))
		}
		seen[label] = true
	}
	return labels, ""
}

// texts are strings of equal length, filled up with zeros or spaces.
func texts(data []byte, count int) []string {
	out := make([]string, count)
	for i := range out {
		width := len(data) / count
		out[i] = strings.ToValidUTF8(strings.TrimRight(string(data[i*width:(i+1)*width]), "\x00 "), "\uFFFD")
	}
	return out
}

// coordinates spells the values of a coordinate, times as dates.
func coordinates(v *netcdf.Var) []string {
	n := newVariable(v)
	clock, isTime := newClock(v.Attr("units").Text(), v.Attr("calendar").Text())
	out := make([]string, v.Len())
	stamps := make([]time.Time, len(out))
	midnight := true
	for k := range out {
		value, _ := n.at(k)
		bits := 64
		if v.Type == netcdf.Float && !n.packed {
			bits = 32
		}
		out[k] = strconv.FormatFloat(value, 'g', -1, bits)
		if math.Abs(value) < 1e15 {
			out[k] = strconv.FormatFloat(value, 'f', -1, bits)
		}
		if isTime {
			stamps[k], isTime = clock.time(value)
			midnight = midnight && stamps[k].Equal(stamps[k].Truncate(24*time.Hour))
		}
	}
	if !isTime {
		return out
	}
	form := "2006-01-02T15:04:05.999999"
	if midnight {
		form = time.DateOnly
	}
	for k := range out {
		out[k] = stamps[k].Format(form)
	}
	return out
}

// clock turns counts of a unit since some time into times.
type clock struct {
	since time.Time
	unit  float64 // seconds
}

var sinceUnits = regexp.MustCompile(`^\s*(\w+?)s?\s+since\s+(-?\d+)-(\d+)-(\d+)` +
	`(?:[T\s]+(\d+):(\d+)(?::(\d+)(?:\.\d*)?)?)?\s*(?:Z|UTC|GMT|[+-]?0?0:?00)?\s*$`)

// gregorian is the first day of today's calendar. The standard calendar of NetCDF counts the days before it as Julius
// Caesar did.
var gregorian = time.Date(1582, 10, 15, 0, 0, 0, 0, time.UTC)

// newClock reads a unit such as "hours since 1900-01-01". Calendars without the days of ours are left alone.
func newClock(units, calendar string) (clock, bool) {
	m := sinceUnits.FindStringSubmatch(units)
	if m == nil {
		return clock{}, false
	}
	seconds := map[string]float64{
		"second": 1, "sec": 1, "s": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "h": 3600, "day": 86400,
		"d": 86400, "millisecond": 1e-3, "msec": 1e-3, "microsecond": 1e-6,
	}
	c := clock{unit: seconds[strings.ToLower(m[1])]}
	var field [6]int
	for k := range field {
		field[k], _ = strconv.Atoi(m[k+2])
	}
	c.since = time.Date(field[0], time.Month(field[1]), field[2], field[3], field[4], field[5], 0, time.UTC)
	switch strings.ToLower(calendar) {
	case "proleptic_gregorian":
	case "", "standard", "gregorian":
		if c.since.Before(gregorian) {
			year := field[0]
			if field[1] < 3 {
				year--
			}
			century := int(math.Floor(float64(year) / 100))
			c.since = c.since.AddDate(0, 0, century-int(math.Floor(float64(century)/4))-2)
		}
	default:
		return clock{}, false
	}
	return c, c.unit > 0 && field[1] >= 1 && field[1] <= 12
}

// time is a count as a time; false where the calendar of its file and ours may differ, or where it is out of reach.
func (c clock) time(count float64) (time.Time, bool) {
	seconds := float64(count * c.unit)
	if math.IsNaN(seconds) || math.Abs(seconds) > 1e12 {
		return time.Time{}, false
	}
	whole := math.Floor(seconds)
	micros := math.Round((seconds - whole) * 1e6)
	t := time.Unix(c.since.Unix()+int64(whole), 0).UTC().Add(time.Duration(micros) * time.Microsecond)
	return t, !t.Before(gregorian)
}
