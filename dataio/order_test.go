package dataio

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// spelt are the names and labels of modes.
func spelt(modes []tensor.Mode) string {
	var all []string
	for _, mode := range modes {
		all = append(all, fmt.Sprintf("{%s %v}", mode.Name, mode.Labels))
	}
	return fmt.Sprint(all)
}

// dated is a table of dates × depths, a row a line.
func dated() []string {
	var rows []string
	for _, row := range []string{"2020-01-01", "2020-01-02", "2020-01-03", "2020-01-05"} {
		for k, depth := range []string{"5", "10", "20"} {
			rows = append(rows, row+","+depth+","+[]string{"1.5", "2", ""}[(len(rows)+k)%3])
		}
	}
	return rows
}

func TestTheOrderOfRowsDecidesNothing(t *testing.T) {
	rows := dated()
	sorted := mustRead(t, save(t, "sorted.csv", lines("date,depth,v", strings.Join(rows, "\n"))), Options{})
	stream := rng.New(1, "rows")
	for range 10 {
		stream.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		path := save(t, "shuffled.csv", lines("date,depth,v", strings.Join(rows, "\n")))
		table := mustRead(t, path, Options{})
		if !reflect.DeepEqual(table.Observed(), sorted.Observed()) {
			t.Fatalf("shuffled rows give\n%+v, sorted ones\n%+v", table.Observed(), sorted.Observed())
		}
		// What is written keeps the rows, and fills the cell that the labels name.
		got := strings.Split(strings.TrimSpace(filledText(t, table, byCoordinates)), "\n")[1:]
		for k, row := range rows {
			if !strings.HasSuffix(row, ",") {
				row += ",0,"
			} else {
				label := strings.Split(row, ",")
				cell := []int32{
					int32(slices.Index(sorted.Observed().Modes[0].Labels, label[0])),
					int32(slices.Index(sorted.Observed().Modes[1].Labels, label[1])),
				}
				row += fmt.Sprint(byCoordinates(cell).Value) + ",1,0.25"
			}
			if got[k] != row {
				t.Fatalf("row %d is written %q, want %q", k, got[k], row)
			}
		}
	}
	modes := sorted.Observed().Modes
	if want := []float64{5, 10, 20}; !slices.Equal(modes[1].Coordinates, want) {
		t.Errorf("depths lie at %v, want %v", modes[1].Coordinates, want)
	}
	if at := modes[0].Coordinates; modes[0].Unit != "day" || at[3]-at[0] != 4 {
		t.Errorf("dates lie at %v %ss", at, modes[0].Unit)
	}
}

func TestNamesKeepTheirOrder(t *testing.T) {
	path := save(t, "t.csv", lines("station,month,v", "tiree,3,1", "oxford,1,2", "lerwick,2,3", "oxford,3,"))
	for order, want := range map[Order]string{
		"": "1 2 3", ByCoordinate: "1 2 3", ByAppearance: "3 1 2", NoOrder: "3 1 2",
	} {
		o := Options{}
		if order != "" {
			o.Order = map[string]Order{"month": order}
		}
		modes := mustRead(t, path, o).Observed().Modes
		if got := strings.Join(modes[1].Labels, " "); got != want {
			t.Errorf("order %q: months %s, want %s", order, got, want)
		}
		if got := strings.Join(modes[0].Labels, " "); got != "tiree oxford lerwick" || modes[0].Coordinates != nil {
			t.Errorf("order %q: stations %s at %v", order, got, modes[0].Coordinates)
		}
		if (modes[1].Coordinates == nil) != (order == NoOrder) {
			t.Errorf("order %q: months at %v", order, modes[1].Coordinates)
		}
	}
}

func TestWideColumnsInAnyOrder(t *testing.T) {
	path := save(t, "t.csv", lines("station,2021,2019,2020", "a,21,,20", "b,,19.5,20.5", "c,22,18,"))
	table := mustRead(t, path, Options{Wide: true, WideName: "year"})
	if got := strings.Join(table.Observed().Modes[1].Labels, " "); got != "2019 2020 2021" {
		t.Fatalf("years %s", got)
	}
	filled := filledText(t, table, byCoordinates)
	for _, want := range []string{"a,21,50,20,", "b,62,19.5,20.5,", "c,22,18,71,"} {
		if !strings.Contains(filled, want) {
			t.Errorf("%q is not in\n%s", want, filled)
		}
	}
}

func TestNewRowsOfAWideTableHaveTheirColumns(t *testing.T) {
	path := save(t, "t.csv", lines("day,h2,h1,2", "2,12,11,10", "1,,1,0", "4,32,31,30"))
	o := Options{Wide: true, Predict: []Prediction{{Mode: "day", From: "1", To: "5"}}}
	o.Columns = []string{"h2", "h1", "2"}
	filled := filledText(t, mustRead(t, path, o), byCoordinates)
	if want := "3,70,71,72,3,0.25,0.25,0.25\n5,90,91,92,3,0.25,0.25,0.25\n"; !strings.HasSuffix(filled, want) {
		t.Errorf("%q does not end in %q", filled, want)
	}
	o = Options{Wide: true, WideName: "year", Predict: []Prediction{{Mode: "day", From: "3", To: "3"}}}
	path = save(t, "t.csv", lines("day,2021,2019,2020", "1,21,,20", "2,21,19.5,20.5", "4,22,18,"))
	filled = filledText(t, mustRead(t, path, o), byCoordinates)
	if want := "3,72,70,71,3,0.25,0.25,0.25\n"; !strings.HasSuffix(filled, want) {
		t.Errorf("%q does not end in %q", filled, want)
	}
}

func TestTheFullGridHasTheStepsThatNoRowNames(t *testing.T) {
	path := save(t, "t.csv", lines("date,depth,v", strings.Join(dated(), "\n")))
	table := mustRead(t, path, Options{FullGrid: true})
	want := "2020-01-01 2020-01-02 2020-01-03 2020-01-04 2020-01-05"
	if got := strings.Join(table.Observed().Modes[0].Labels, " "); got != want {
		t.Fatalf("dates %s", got)
	}
	if len(table.Observed().Modes[1].Labels) != 3 || table.Axes[0].Added != 1 {
		t.Errorf("depths %v, %d dates added: numbers may be names", table.Observed().Modes[1].Labels, table.Axes[0].Added)
	}
	filled := filledText(t, table, byCoordinates)
	want = "2020-01-04,5,80,1,0.25\n2020-01-04,10,81,1,0.25\n2020-01-04,20,82,1,0.25\n"
	if !strings.HasSuffix(filled, want) {
		t.Errorf("%q does not end in %q", filled, want)
	}
	table = mustRead(t, path, Options{FullGrid: true, Order: map[string]Order{"depth": ByCoordinate}})
	if got := strings.Join(table.Observed().Modes[1].Labels, " "); got != "5 10 15 20" {
		t.Errorf("depths %s", got)
	}
	table = mustRead(t, path, Options{FullGrid: true, Order: map[string]Order{"date": NoOrder}})
	if len(table.Observed().Modes[0].Labels) != 4 {
		t.Error("a mode without an order has no steps")
	}
}

func TestPredictionsAreNewRows(t *testing.T) {
	rows := lines("date,station,v", "2020-01-02,a,2", "2020-01-01,a,1", "2020-01-01,b,3", "2020-01-02,b,",
		"2020-01-05,c,1")
	table := mustRead(t, save(t, "t.csv", rows), Options{Predict: []Prediction{
		{Mode: "date", From: "2020-01-05", To: "2020-01-08", Step: 2},
	}})
	if table.Gaps() != 4 {
		t.Errorf("%d gaps, want one that is listed and three predictions", table.Gaps())
	}
	// What is to be filled is what the model is chosen and measured for.
	fill, count := table.Fill(), 0
	for cell := range table.GapCells() {
		for n, i := range cell {
			if len(fill[n]) != table.Gaps() || fill[n][count] != i {
				t.Fatalf("cells to be filled %v, gap %d is %v", fill, count, cell)
			}
		}
		count++
	}
	filled := filledText(t, table, byCoordinates)
	want := "2020-01-07,a,80,1,0.25\n2020-01-07,b,81,1,0.25\n2020-01-07,c,82,1,0.25\n"
	if !strings.HasSuffix(filled, want) || strings.Count(filled, "\n") != 9 {
		t.Errorf("%q does not end in %q", filled, want)
	}

	// A finer grid in two modes: cells between, where the file lists the other mode's label.
	rows = lines("x,y,z,v", "0,0,a,1", "0,1,a,1", "1,0,a,1", "1,1,a,", "0,0,b,1")
	table = mustRead(t, save(t, "t.csv", rows), Options{Predict: []Prediction{
		{Mode: "x", From: "0", To: "1", Step: 0.5}, {Mode: "y", From: "0", To: "1", Step: 0.5},
	}})
	var cells []string
	for cell := range table.GapCells() {
		name := ""
		for n, i := range cell {
			name += table.Observed().Modes[n].Labels[i] + " "
		}
		cells = append(cells, strings.TrimSpace(name))
	}
	want = "1 1 a,0 0.5 a,0 0.5 b,0.5 0 a,0.5 0 b,0.5 0.5 a,0.5 0.5 b,0.5 1 a,1 0.5 a"
	if got := strings.Join(cells, ","); got != want {
		t.Errorf("cells %s, want %s", got, want)
	}
}

func TestPredictionsInEveryFormatThatHasRows(t *testing.T) {
	table := mustRead(t, save(t, "t.tns", "1 1 1\n2 1 2\n1 2 3\n2 2 nan\n"), Options{
		Predict: []Prediction{{Mode: "mode1", From: "4", To: "5"}},
	})
	if got := filledText(t, table, byCoordinates); !strings.HasSuffix(got, "4 1 70\n4 2 71\n5 1 80\n5 2 81\n") {
		t.Errorf(".tns: %q", got)
	}
	type row struct {
		Day   int32   `parquet:"day,date"`
		At    int64   `parquet:"at,timestamp(millisecond)"`
		Depth float64 `parquet:"depth"`
		Level int32   `parquet:"level"`
		Value float64 `parquet:"value"`
	}
	path := save(t, "t.parquet", "")
	start := time.Date(2020, 2, 28, 0, 0, 0, 0, time.UTC)
	var rows []row
	for k := range 8 {
		i := k % 2
		rows = append(rows, row{
			Day: int32(start.Unix()/86400) - int32(i), At: start.UnixMilli() - int64(k/2%2)*3600_000, Depth: 0.5 * float64(k/4),
			Level: int32(i), Value: float64(k),
		})
	}
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
	table = mustRead(t, path, Options{Predict: []Prediction{
		{Mode: "day", From: "2020-02-29", To: "2020-03-01"}, {Mode: "level", From: "7", To: "7"},
	}})
	out := save(t, "out.parquet", "")
	if err := table.Write(out, byCoordinates); err != nil {
		t.Fatal(err)
	}
	read, err := parquet.ReadFile[row](out)
	if err != nil {
		t.Fatal(err)
	}
	last := read[len(read)-1]
	if last.Day != int32(start.Unix()/86400)+2 || last.Level != 7 || last.At != start.UnixMilli() || last.Depth != 0.5 {
		t.Errorf("the last new row is %+v", last)
	}
	again := mustRead(t, out, Options{Index: []string{"day", "at", "depth", "level"}, Value: "value"})
	if days := again.Observed().Modes[0].Labels; days[0] != "2020-02-27" || days[len(days)-1] != "2020-03-01" {
		t.Errorf("days %v", days)
	}
}

func TestPeriods(t *testing.T) {
	path := save(t, "t.csv", lines("date,depth,v", strings.Join(dated(), "\n")))
	modes := mustRead(t, path, Options{Periods: map[string][]float64{"date": {30, 7}}}).Observed().Modes
	if !slices.Equal(modes[0].Periods, []float64{7, 30}) || modes[1].Periods != nil {
		t.Errorf("periods %v and %v", modes[0].Periods, modes[1].Periods)
	}
}

func TestWhatCannotBeOrdered(t *testing.T) {
	plain := lines("date,station,v", "2020-01-01,a,1", "2020-01-02,b,2", "2020-01-04,a,")
	european := lines("date,station,v", "13/02/2020,a,1", "14/02/2020,b,2", "02/13/2020,a,3")
	doubtful := lines("date,station,v", "01/02/2020,a,1", "02/02/2020,b,2")
	order := func(mode string, o Order) Options { return Options{Order: map[string]Order{mode: o}} }
	predict := func(mode, from, to string, step float64) Options {
		return Options{Predict: []Prediction{{mode, from, to, step}}}
	}
	const first, second = "2020-01-01", "2020-01-02"
	for _, c := range []struct {
		text string
		o    Options
		want string
	}{
		{plain, order("height", NoOrder), "--order height: there is no such mode: choose one of date, station"},
		{plain, order("station", ByCoordinate), "--order station=coordinate: its labels are names"},
		{plain, Options{Periods: map[string][]float64{"station": {7}}}, "--period station has no effect"},
		{plain, Options{Dates: "dmy"}, "--dates dmy has no effect"},
		{plain, Options{Dates: "ymd"}, "--dates ymd is no order of dates"},
		{plain, predict("station", "a", "c", 0), "the mode has no coordinates"},
		{plain, predict("date", "2020", "2021", 0), `"2020" is no date, as "2020-01-01" is`},
		{plain, predict("date", "2020-02-01", first, 0), "ends before it begins"},
		{plain, predict("date", first, second, 0), "adds nothing"},
		{plain, predict("date", first, second, 0.5), "cannot be written as"},
		{plain, predict("date", first, "2200-01-02", 1e-4), "adds 6.57e+08 labels"},
		{
			european,
			Options{},
			`t.csv:2: column "date": "13/02/2020" has the day first, "02/13/2020" has the month first (line 4): write all`,
		},
		{doubtful, Options{}, `t.csv:2: column "date": "01/02/2020" may have the day or the month first`},
		{
			strings.Replace(european, "02/13", "12/01", 1),
			Options{Dates: "mdy"},
			"--dates mdy says that the month comes first",
		},
	} {
		table, err := Read(save(t, "t.csv", c.text), c.o)
		if err == nil && len(table.Doubts) > 0 {
			err = &table.Doubts[0]
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	for _, o := range []Options{{Dates: "mdy"}, {Order: map[string]Order{"date": NoOrder}}} {
		mustRead(t, save(t, "t.csv", doubtful), o)
	}
	if _, err := Read(save(t, "t.npy", string(npyFloats([]int{2, 2}, false, []float64{1, 2, 3, 4}))), Options{
		Predict: []Prediction{{Mode: "mode1", From: "2", To: "2"}},
	}); err == nil || !strings.Contains(err.Error(), "--predict has no effect") {
		t.Errorf("an array: %v", err)
	}
}

func TestParsePrediction(t *testing.T) {
	for text, want := range map[string]Prediction{
		"date=2020-01-01..2020-03-01":            {"date", "2020-01-01", "2020-03-01", 0},
		"depth=0..10:0.5":                        {"depth", "0", "10", 0.5},
		"t=2020-01-01 00:00..2020-01-02 00:00":   {"t", "2020-01-01 00:00", "2020-01-02 00:00", 0},
		"t=2020-01-01 00:00..2020-01-02 00:00:6": {"t", "2020-01-01 00:00", "2020-01-02 00:00", 6},
		"day=Jan 1, 2020 .. Jan 3, 2020":         {"day", "Jan 1, 2020", "Jan 3, 2020", 0},
	} {
		if got, err := ParsePrediction(text); got != want || err != nil {
			t.Errorf("%s: %+v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "date", "date=1", "date=..2", "d=1..2:0", "d=1..2:x", "d=1..2:-1"} {
		if p, err := ParsePrediction(text); err == nil {
			t.Errorf("%q: %+v", text, p)
		}
	}
}
