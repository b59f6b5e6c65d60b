package coordinate

import (
	"math"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/rng"
)

// checkAxis checks what holds of every axis.
func checkAxis(t *testing.T, labels []string, a *Axis) {
	if a.Kind == None {
		if a.At != nil || a.Order != nil || a.Missing != 0 {
			t.Fatalf("%q: names have an axis: %+v", labels, a)
		}
		return
	}
	sorted := slices.Clone(a.Order)
	slices.Sort(sorted)
	for i := range labels {
		if sorted[i] != i {
			t.Fatalf("%q: the order is no permutation: %v", labels, a.Order)
		}
		x, err := a.Parse(labels[i])
		if err != nil || x != a.At[i] {
			t.Fatalf("%q: label %q lies at %v, read alone at %v (%v)", labels, labels[i], a.At[i], x, err)
		}
		label, ok := a.Label(a.At[i])
		if again, err := a.Parse(label); ok && (err != nil || math.Abs(again-x) > 1e-9*math.Max(1, math.Abs(x))) {
			t.Fatalf("%q: %v is written %q, which lies at %v (%v)", labels, x, label, again, err)
		}
	}
	for k := 1; k < len(a.Order); k++ {
		if !(a.At[a.Order[k-1]] < a.At[a.Order[k]]) {
			t.Fatalf("%q: not ascending: %v", labels, a.At)
		}
	}
	if !(a.Step > 0) || a.Regular <= 0 || a.Regular > 1 {
		t.Fatalf("%q: step %v, regular %v", labels, a.Step, a.Regular)
	}
	if a.Missing < 1000 {
		count := 0
		for x := range a.MissingSteps() {
			count++
			if slices.Contains(a.At, x) {
				t.Fatalf("%q: %v is said to be missing", labels, x)
			}
		}
		if count != a.Missing {
			t.Fatalf("%q: %d steps are missing, listed %d", labels, a.Missing, count)
		}
	}
	a.Describe(3)
}

// FuzzRead takes a list of labels apart: nothing panics, the order is a permutation, and neither kind nor coordinates
// depend on the order of the labels.
func FuzzRead(f *testing.F) {
	for _, c := range reads {
		f.Add(c.labels, c.hints.Name, string(c.hints.Dates), uint64(1))
	}
	f.Add("13/02/2020;02/13/2020", "date", "", uint64(2))
	f.Add("24:00;0:00;00:00:00.1", "", "", uint64(3))
	f.Add("9999-12-31;0001-01-01;9999-12-30", "", "", uint64(4))
	f.Add("FY+0;FY0;FY10", "", "", uint64(5))
	f.Add("1001/02;198.00;199.00", "", "", uint64(6))
	f.Add("1-02;1000-01;3-04", "", "", uint64(7))
	f.Fuzz(func(t *testing.T, text, name, dates string, seed uint64) {
		if dates != string(DayFirst) && dates != string(MonthFirst) {
			dates = ""
		}
		labels := strings.Split(text, ";")
		slices.Sort(labels)
		labels = slices.Compact(labels)
		h := Hints{Name: name, Dates: DateOrder(dates)}
		a, err := Read(labels, h)
		shuffled := make([]string, len(labels))
		places := rng.New(seed, "coordinates").Perm(len(labels))
		for i, k := range places {
			shuffled[k] = labels[i]
		}
		b, other := Read(shuffled, h)
		if (err == nil) != (other == nil) {
			t.Fatalf("%q: %v, in another order %v", labels, err, other)
		}
		if err != nil {
			return
		}
		checkAxis(t, labels, &a)
		checkAxis(t, shuffled, &b)
		if a.Kind != b.Kind || a.Unit != b.Unit || a.Step != b.Step || a.Missing != b.Missing || a.Doubt != b.Doubt ||
			a.Describe(3) != b.Describe(3) || !slices.Equal(a.Periods, b.Periods) {
			t.Fatalf("%q: %+v, in another order %+v", labels, a, b)
		}
		for i, k := range places {
			if a.Kind != None && a.At[i] != b.At[k] {
				t.Fatalf("%q: %q lies at %v, in another order at %v", labels, labels[i], a.At[i], b.At[k])
			}
		}
	})
}
