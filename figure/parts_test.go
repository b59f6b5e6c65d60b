package figure

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

func labels(ticks []tick) string {
	var text []string
	for _, t := range ticks {
		if t.label != "" {
			label := t.label
			if t.exponent != "" {
				label += "^" + t.exponent
			}
			text = append(text, label)
		}
	}
	return strings.Join(text, " ")
}

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		s     scale
		count int
		want  string
	}{
		{scale{0, 10, false}, 5, "0 2 4 6 8 10"},
		{scale{-1, 1, false}, 4, "−1 −0.5 0 0.5 1"},
		{scale{0, 0.3, false}, 3, "0 0.1 0.2 0.3"},
		{scale{0, 2e6, false}, 4, "0 0.5×10^6 1.0×10^6 1.5×10^6 2.0×10^6"},
		{scale{0, 1e-5, false}, 4, "0 0.25×10^−5 0.50×10^−5 0.75×10^−5 1.00×10^−5"},
		{scale{1, 1e4, true}, 5, "1 10 10^2 10^3 10^4"},
		{scale{1e-12, 1, true}, 4, "10^−10 10^−5 1"},
		{scale{1e-60, 1e30, true}, 5, "10^−60 10^−40 10^−20 1 10^20"},
		{scale{0.4, 3, true}, 5, "0.5 1 2"},
		{scale{0.18, 9.5, true}, 5, "0.2 0.5 1 2 5"},
	} {
		if got := labels((Axis{Log: test.s.log}).ticks(test.s, test.count)); got != test.want {
			t.Errorf("%+v: ticks %q, want %q", test.s, got, test.want)
		}
	}
}

func TestWholeTicks(t *testing.T) {
	if got := labels((Axis{Whole: true}).ticks(scale{0.7, 3.2, false}, 8)); got != "1 2 3" {
		t.Errorf("ticks %q, want whole numbers", got)
	}
}

func TestEmergedInOrder(t *testing.T) {
	panel := NormPanel{
		X:     []float64{1, 2, 3},
		Norms: [][]float64{{0, 0, 2}, {0, 0.9, 1}, {0, 5, 5}, {0, 1.5, 0}},
	}
	if got := panel.Emerged(); !slices.Equal(got, []int{2, 3, 0}) {
		t.Errorf("emerged %v, want [2 3 0]", got)
	}
	panel.Threshold = 3
	if got := panel.Emerged(); !slices.Equal(got, []int{2}) {
		t.Errorf("above 3: %v, want [2]", got)
	}
}

func TestFiveHundredCurvesAreASmallFile(t *testing.T) {
	data, err := Render(exampleBlocks(), "svg")
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 300_000 {
		t.Errorf("%d bytes for three charts of 500 curves, want below 300,000", len(data))
	}
}

func TestBrokenAndImpossibleValuesAreLeftOut(t *testing.T) {
	f := &Figure{Charts: []Chart{{
		X:      Axis{Log: true},
		Y:      Axis{Log: true},
		Curves: []Curve{{X: []float64{-1, 1, 2, 3, 4}, Y: []float64{1, 2, math.NaN(), math.Inf(1), 5}}},
		Points: []Points{{X: []float64{0}, Y: []float64{0}}},
	}, {}}}
	for _, format := range Formats() {
		data, err := Render(f, format)
		if err != nil {
			t.Fatal(err)
		}
		if format == "svg" && (strings.Contains(string(data), "NaN") || strings.Contains(string(data), "Inf")) {
			t.Error("a value that is not a number reached the file")
		}
	}
	if _, err := Render(f, "gif"); err == nil {
		t.Error("an unknown format was accepted")
	}
}

// The only record of a run, and a value between two gaps, are dots.
func TestValuesWithoutNeighboursAreDrawn(t *testing.T) {
	axis := Axis{Min: 0, Max: 6}
	svg := func(y ...float64) string {
		data, err := Render(&Figure{Charts: []Chart{{X: axis, Y: axis, Curves: []Curve{
			{X: []float64{1, 2, 3}[:len(y)], Y: y, Colour: Blue}, {X: []float64{1}, Y: []float64{9}, Colour: Blue},
		}}}}, "svg")
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	blank := strings.Count(svg(math.NaN()), "<path")
	for _, y := range [][]float64{{2}, {math.NaN(), 2, math.NaN()}} {
		if drawn := strings.Count(svg(y...), "<path"); drawn != blank+1 {
			t.Errorf("%v: %d paths, %d without a value", y, drawn, blank)
		}
	}
	panel := NormPanel{XLabel: "flow time t", XLog: true, X: []float64{0}, Norms: [][]float64{{1}}, TrainLoss: []float64{1}}
	if note := panel.chart().Note; !strings.HasSuffix(note, "nothing recorded after flow time t = 0") {
		t.Errorf("the note of a panel that shows nothing is %q", note)
	}
}

func TestSimplifyKeepsTheShape(t *testing.T) {
	var line []vg.Point
	for i := range 1000 {
		x := float64(i) / 10
		line = append(line, vg.Point{X: vg.Length(x), Y: vg.Length(20 * math.Tanh(x-50))})
	}
	short := simplify(line, 0.12)
	if len(short) > 40 {
		t.Errorf("%d points left of %d", len(short), len(line))
	}
	for _, q := range line {
		nearest := vg.Length(math.Inf(1))
		for i := 1; i < len(short); i++ {
			nearest = min(nearest, distance(q, short[i-1], short[i]))
		}
		if nearest > 0.12 {
			t.Fatalf("%v is %v from the simplified line", q, nearest)
		}
	}
}

func TestTicksOfTimesAreRound(t *testing.T) {
	day := func(date string) float64 {
		at, err := time.Parse(time.DateOnly, date)
		if err != nil {
			t.Fatal(err)
		}
		return float64(at.Unix()) / 86400
	}
	for _, test := range []struct {
		unit      string
		low, high float64
		want      []float64
	}{
		{"month", 12*1960 + 3, 12*1964 + 1, []float64{12 * 1961, 12 * 1962, 12 * 1963, 12 * 1964}},
		{"day", day("2019-12-05"), day("2020-04-10"), []float64{
			day("2020-01-01"), day("2020-02-01"), day("2020-03-01"), day("2020-04-01"),
		}},
		{"day", day("2020-01-01"), day("2020-01-20"), []float64{day("2020-01-06"), day("2020-01-13"), day("2020-01-20")}},
		{"day", day("1999-06-01"), day("2008-06-01"), []float64{
			day("2000-01-01"), day("2002-01-01"), day("2004-01-01"), day("2006-01-01"), day("2008-01-01"),
		}},
		{"hour", 24*day("2020-01-01") + 5, 24*day("2020-01-04") + 1, []float64{
			24 * day("2020-01-02"), 24 * day("2020-01-03"), 24 * day("2020-01-04"),
		}},
		{"year", 1951, 1999, []float64{1960, 1970, 1980, 1990}},
	} {
		if got := roundTimes(test.unit, test.low, test.high, 5); !slices.Equal(got, test.want) {
			t.Errorf("%v to %v %ss: %v, want %v", test.low, test.high, test.unit, got, test.want)
		}
	}
	// Names stand where their labels lie; without a label at a round time they are spread.
	a := Axis{Categories: []string{"a", "b", "c"}, At: []float64{0.2, 0.4, 9}, AtUnit: "month"}
	if got := a.ticks(scale{0, 9, false}, 3); len(got) != 2 || got[0].value != 0.2 || got[1].label != "c" {
		t.Errorf("ticks %v", got)
	}
}

func TestMarkupInTextIsEscaped(t *testing.T) {
	f := &Figure{Title: "a < b & c", Charts: []Chart{{Title: "<script>"}}}
	svg := InlineSVG(f)
	if strings.Contains(svg, "<script>") || !strings.Contains(svg, "<title>a &lt; b &amp; c</title>") {
		t.Error("text reached the SVG unescaped")
	}
	if !strings.HasPrefix(svg, "<svg") {
		t.Error("the inline SVG does not begin with its element")
	}
}

// Labels and titles of any length leave room for the picture, and stay in it.
func TestLongLabels(t *testing.T) {
	long := strings.Repeat("a station of a long name, ", 40)
	g := GapMap{RowMode: long, ColumnMode: long}
	for k := range 12 {
		g.RowLabels, g.ColumnLabels = append(g.RowLabels, long+strconv.Itoa(k)), append(g.ColumnLabels, long+strconv.Itoa(k))
		g.Observed = append(g.Observed, make([]float64, 12))
	}
	f := Gaps(g)
	s := scene{Chart: &f.Charts[0]}
	s.fitScales()
	_, _, width, height := f.grid()
	s.layout(pen{Canvas: vgsvg.New(width, height)}, vg.Rectangle{Max: vg.Point{X: width, Y: height}})
	if room := s.area.Max.X - s.area.Min.X; room < width/3 {
		t.Errorf("the picture is %v wide of %v", room, width)
	}
	for _, x := range s.xTicks {
		if l := s.numbers(); tickWidth(l, x) > width/3 || !strings.HasPrefix(x.label, "a station") || !strings.HasSuffix(x.label, "…") {
			t.Errorf("a label %q", x.label)
		}
	}
	drawn := InlineSVG(f)
	if _, picture, _ := strings.Cut(drawn, "</title>"); strings.Contains(picture, long) {
		t.Error("a title is written in full")
	}
}
