package figure

import (
	"math"
	"strconv"
	"strings"
)

// tick is a mark on an axis. A tick without a label is a minor one. The exponent is written raised.
type tick struct {
	value    float64
	label    string
	exponent string
}

// scale maps values to [0, 1].
type scale struct {
	min, max float64
	log      bool
}

func (s scale) at(x float64) float64 {
	if s.log {
		return math.Log(x/s.min) / math.Log(s.max/s.min)
	}
	return (x - s.min) / (s.max - s.min)
}

func (s scale) accepts(x float64) bool {
	return !math.IsNaN(x) && !math.IsInf(x, 0) && (!s.log || x > 0)
}

// extent collects the range of the data on an axis.
type extent struct {
	log      bool
	min, max float64
}

func newExtent(log bool) *extent { return &extent{log, math.Inf(1), math.Inf(-1)} }

func (e *extent) add(values ...float64) {
	for _, x := range values {
		if (scale{log: e.log}).accepts(x) {
			e.min, e.max = math.Min(e.min, x), math.Max(e.max, x)
		}
	}
}

// fit returns the scale of an axis: its own range, or the data's with a margin (a share of the range on each side).
func (e *extent) fit(a Axis, margin float64) scale {
	if a.Max > a.Min && (!a.Log || a.Min > 0) {
		return scale{a.Min, a.Max, a.Log}
	}
	if len(a.Categories) > 0 && a.At == nil {
		return scale{-0.5, float64(len(a.Categories)) - 0.5, false}
	}
	low, high := e.min, e.max
	switch {
	case low > high && e.log:
		low, high = 0.1, 10
	case low > high:
		low, high = 0, 1
	case low == high && e.log:
		low, high = low/2, high*2
	case low == high:
		pad := math.Max(math.Abs(low)/10, 0.5)
		low, high = low-pad, high+pad
	}
	if e.log {
		factor := math.Pow(high/low, margin)
		return scale{low / factor, high * factor, true}
	}
	pad := margin * (high - low)
	if low >= 0 && low < 3*pad {
		return scale{0, high + pad, false}
	}
	return scale{low - pad, high + pad, false}
}

// ticks places at most about count labelled ticks.
func (a Axis) ticks(s scale, count int) []tick {
	switch {
	case a.Hidden:
		return nil
	case a.At != nil:
		return a.placedTicks(count)
	case len(a.Categories) > 0:
		return categoryTicks(a.Categories, count)
	case s.log:
		return logTicks(s, count)
	}
	return linearTicks(s, count, a.Whole)
}

func categoryTicks(names []string, count int) []tick {
	if len(names) == 0 {
		return nil
	}
	every := (len(names) + count - 1) / count
	var ticks []tick
	for i, name := range names {
		if i%every == 0 {
			ticks = append(ticks, tick{value: float64(i), label: name})
		}
	}
	return ticks
}

// niceStep is the smallest of 1, 2, 2.5, 5 times a power of ten that is not below raw.
func niceStep(raw float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*power >= raw*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

func linearTicks(s scale, count int, whole bool) []tick {
	step := niceStep((s.max - s.min) / float64(count))
	if whole {
		step = math.Ceil(step)
	}
	var ticks []tick
	largest := math.Max(math.Abs(s.min), math.Abs(s.max))
	for i := math.Ceil(s.min/step - 1e-9); i*step <= s.max+1e-9*step; i++ {
		t := tick{value: i * step}
		t.label, t.exponent = linearLabel(t.value, step, largest)
		ticks = append(ticks, t)
	}
	return ticks
}

// linearLabel writes a multiple of step, in powers of ten where plain digits would be long.
func linearLabel(x, step, largest float64) (label, exponent string) {
	if x == 0 {
		return "0", ""
	}
	if largest >= 1e5 || largest < 1e-3 {
		power := math.Floor(math.Log10(largest))
		unit := math.Pow(10, power)
		digits := 0
		for shift := step / unit; digits < 6 && math.Abs(shift-math.Round(shift)) > 1e-6; digits++ {
			shift *= 10
		}
		return strings.Replace(strconv.FormatFloat(x/unit, 'f', digits, 64), "-", "−", 1) + "×10",
			strings.Replace(strconv.Itoa(int(power)), "-", "−", 1)
	}
	text := strconv.FormatFloat(math.Round(x/step*1e6)/1e6*step, 'g', 6, 64)
	if rounded, err := strconv.ParseFloat(text, 64); err == nil {
		text = strconv.FormatFloat(rounded, 'f', -1, 64)
	}
	return strings.Replace(text, "-", "−", 1), ""
}

// logTicks labels decades, or every second, fifth, … decade of a long range, or also 2 and 5 within one that is short or
// has only one power of ten.
func logTicks(s scale, count int) []tick {
	low, high := math.Log10(s.min), math.Log10(s.max)
	if high-low < 1.7 || math.Floor(high)-math.Ceil(low) < 1 {
		return shortLogTicks(s, count)
	}
	step := math.Max(1, niceStep((high-low)/float64(count)))
	if step == 2.5 {
		step = 3
	}
	var ticks []tick
	for e := math.Ceil(low - 1e-9); e <= high+1e-9; e++ {
		t := tick{value: math.Pow(10, e)}
		if math.Mod(e, step) == 0 {
			t.label, t.exponent = powerLabel(int(e))
		}
		if t.label != "" || high-low <= 30 {
			ticks = append(ticks, t)
		}
		if high-low <= 4 {
			for m := 2.0; m < 10; m++ {
				ticks = append(ticks, tick{value: m * t.value})
			}
		}
	}
	if first := math.Pow(10, math.Ceil(low-1e-9)-1); high-low <= 4 {
		for m := 2.0; m < 10; m++ {
			ticks = append(ticks, tick{value: m * first})
		}
	}
	return ticks
}

func powerLabel(e int) (label, exponent string) {
	switch e {
	case -1:
		return "0.1", ""
	case 0:
		return "1", ""
	case 1:
		return "10", ""
	}
	return "10", strings.Replace(strconv.Itoa(e), "-", "−", 1)
}

func shortLogTicks(s scale, count int) []tick {
	var ticks []tick
	for e := math.Floor(math.Log10(s.min)); e <= math.Log10(s.max); e++ {
		for m := 1.0; m < 10; m++ {
			x := m * math.Pow(10, e)
			if x < s.min*(1-1e-9) || x > s.max*(1+1e-9) {
				continue
			}
			t := tick{value: x}
			if m == 1 || (count > 3 && (m == 2 || m == 5)) || s.max/s.min < 3 {
				t.label, t.exponent = linearLabel(x, math.Pow(10, e), x)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

func (a Axis) title() string {
	if a.Unit == "" {
		return a.Label
	}
	return a.Label + " (" + a.Unit + ")"
}
