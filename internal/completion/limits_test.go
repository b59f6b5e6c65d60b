package completion

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestLimitsThatValuesShow looks at tables of two modes: t with numbers, and v with two names.
func TestLimitsThatValuesShow(t *testing.T) {
	stream := rng.New(6, "limits")
	normal := func() float64 { return 3 * stream.NormFloat64() }
	heap := func() float64 { return math.Max(0, 3*stream.NormFloat64()) }
	grade := func() float64 { return 1 + float64(stream.IntN(5)) }
	level := func(at float64) func() float64 { return func() float64 { return at + normal() } }
	one := func(of func() float64) [2]func() float64 { return [2]func() float64{of, of} }
	inf := math.Inf(1)
	for _, test := range []struct {
		name  string
		of    [2]func() float64 // of each v
		count int               // of t
		unit  int
		given limits
		want  string // of the second v
		words []string
	}{
		{"any", one(normal), 40, -1, nil, "-Inf +Inf false", nil},
		{"amounts", one(heap), 40, -1, nil, "0 +Inf false", []string{"not below 0"}},
		{"below 0", one(func() float64 { return -heap() }), 40, -1, nil, "-Inf 0 false", []string{"not above 0"}},
		{"grades", one(grade), 40, -1, nil, "1 5 true", []string{"not below 1, not above 5, whole numbers"}},
		{"grades with a limit given", one(grade), 40, -1, limits{{Mode: -1, Min: -inf, Max: 9}}, "1 9 true", []string{"not below 1, whole numbers"}},
		{
			"counts from 1", one(func() float64 { return 1 + math.Floor(math.Abs(4*stream.NormFloat64())) }), 40, -1, nil, "0 +Inf true",
			[]string{"not below 0, whole numbers"},
		},
		{"percent", one(func() float64 { return math.Min(100, 60+20*normal()) }), 4000, -1, nil, "-Inf +Inf false", nil},
		{"days", one(func() float64 { return math.Min(31, math.Round(31*logistic(2*stream.NormFloat64()))) }), 400, -1, nil, "0 31 true", []string{"not below 0, not above 31, whole numbers"}},
		{"counts that thin out", one(func() float64 { return math.Floor(6 * stream.ExpFloat64()) }), 2000, -1, nil, "0 +Inf true", []string{"not below 0, whole numbers"}},
		{"shares", one(func() float64 { return logistic(1.5 * stream.NormFloat64()) }), 800, -1, nil, "0 1 false", []string{"not below 0, not above 1"}},
		{"percentages", one(func() float64 { return 100 * logistic(1+1.5*stream.NormFloat64()) }), 800, -1, nil, "0 100 false", []string{"not below 0, not above 100"}},
		{"shares without a limit", one(func() float64 { return logistic(1.5 * stream.NormFloat64()) }), 800, -1, limits{{Mode: -1, Min: -NoLimit, Max: NoLimit}}, "-Inf +Inf false", nil},
		{"below 1 by chance", one(func() float64 { return math.Min(0.99, stream.ExpFloat64()/8) }), 1000, -1, nil, "0 +Inf false", []string{"not below 0"}},
		{"below 100 by chance", one(func() float64 { return math.Abs(math.Min(99.5, 50+18*stream.NormFloat64())) }), 1000, -1, nil, "0 +Inf false", []string{"not below 0"}},
		{"one of two reaches 0", [2]func() float64{normal, heap}, 40, -1, nil, "0 +Inf false", []string{"v=y: not below 0"}},
		{"units of their own, few", one(func() float64 { return math.Floor(heap()) }), 15, 1, nil, "0 +Inf true", []string{"not below 0, whole numbers"}},
		{"units of their own, few, below 0", one(func() float64 { return -heap() }), 15, 1, nil, "-Inf 0 false", []string{"not above 0"}},
		{"units of their own", [2]func() float64{normal, heap}, 40, 1, nil, "0 +Inf false", []string{"v=y: not below 0"}},
		{"levels on both sides of 0", [2]func() float64{level(-20), level(20)}, 40, 1, nil, "-Inf +Inf false", nil},
		{"levels on one side", [2]func() float64{level(40), level(20)}, 40, 1, nil, "0 +Inf false", []string{"not below 0"}},
		{"a depth beside an amount", [2]func() float64{level(-20), heap}, 40, 1, nil, "0 +Inf false", []string{"v=y: not below 0"}},
	} {
		o := &tensor.Observed{Modes: tensor.NumberedModes(tensor.Shape{test.count, 2}), Index: make([][]int32, 2)}
		o.Modes[1] = tensor.Mode{Name: "v", Labels: []string{"x", "y"}}
		for i := range test.count {
			for v, of := range test.of {
				o.Index[0], o.Index[1] = append(o.Index[0], int32(i)), append(o.Index[1], int32(v))
				o.Values = append(o.Values, of())
			}
		}
		j := &job{observed: o, unit: test.unit}
		j.Limits = test.given
		found, words := j.findLimits()
		low, high, whole := found.at([]int32{0, 1})
		if got := strings.TrimSpace(fmt.Sprintln(low, high, whole)); got != test.want || !slices.Equal(words, test.words) {
			t.Errorf("%s: %s %q, want %s %q", test.name, got, words, test.want, test.words)
		}
	}
}
