package dataio

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// grid spells a table of 8 × 6 cells of the values that value gives, "" for a gap.
func grid(value func(i, k int) string) string {
	var text strings.Builder
	text.WriteString("year,town,v\n")
	for i := range 8 {
		for k := range 6 {
			fmt.Fprintf(&text, "%d,%c,%s\n", 2001+i, 'a'+k, value(i, k))
		}
	}
	return text.String()
}

func TestSentinels(t *testing.T) {
	plain := func(i, k int) float64 { return 3 + 1.7*float64(i) - 0.9*float64(k) + 0.1*float64(i*k%7) }
	every := func(n int, mark string, value func(i, k int) float64) func(i, k int) string {
		return func(i, k int) string {
			if (i*6+k)%n == 2 {
				return mark
			}
			return fmt.Sprintf("%.2f", value(i, k))
		}
	}
	large := func(i, k int) float64 { return 98000 + 200*plain(i, k) }
	for _, test := range []struct {
		name  string
		value func(i, k int) string
		want  string // in the doubt; "" for none
	}{
		{"none", every(100, "0", plain), ""},
		{"nines", every(9, "-9999", plain), "--missing -9999"},
		{"-99.9", every(9, "-99.9", plain), "--missing -99.9"},
		{"999", every(9, "999", plain), "--missing 999"},
		{"9999.9", every(9, "9999.9", plain), "--missing 9999.9"},
		{"an end of integers", every(9, "32767", plain), "--missing 32767"},
		{"1e20", every(9, "1e20", plain), "--missing 1e+20"},
		{"netCDF's", every(30, "9.96921e36", plain), "--missing 9.96921e+36"},
		{"one alone", every(47, "-9999", plain), "stands once"},
		{"no number that is known for it", every(9, "-200", plain), "--missing -200"},
		{"-9 below positive numbers", every(9, "-9", func(i, k int) float64 { return 60 + 2*plain(i, k) }), "--missing -9"},
		{"-9 among negative numbers", every(9, "-9", func(i, k int) float64 { return plain(i, k) - 8 }), ""},
		{"zero among large numbers", every(9, "0", large), "--zeros-are-gaps"},
		{"zero among small ones", every(9, "0", plain), ""},
		{"99 among hundreds", every(9, "99", func(i, k int) float64 { return 50 + 20*plain(i, k) }), ""},
		{"a number that repeats", every(5, "7.5", plain), ""},
		{"one outlier", every(47, "87.3", plain), ""},
	} {
		table := mustRead(t, save(t, "t.csv", grid(test.value)), Options{})
		var got []string
		for _, doubt := range table.Doubts {
			got = append(got, doubt.Error())
		}
		if text := strings.Join(got, "\n"); test.want == "" && text != "" || !strings.Contains(text, test.want) {
			t.Errorf("%s: doubts %q, want %q", test.name, got, test.want)
		}
	}
}

// TestHonestValuesAreNotDoubted draws values from distributions that tables have.
func TestHonestValuesAreNotDoubted(t *testing.T) {
	draw := map[string]func(r *rand.Rand) float64{
		"normal":          func(r *rand.Rand) float64 { return r.NormFloat64() },
		"heavy tails":     func(r *rand.Rand) float64 { return r.NormFloat64() / math.Max(0.02, math.Abs(r.NormFloat64())) },
		"six decades":     func(r *rand.Rand) float64 { return math.Round(math.Exp(7 + 3*r.NormFloat64())) },
		"counts":          func(r *rand.Rand) float64 { return math.Floor(r.ExpFloat64() * 2) },
		"mostly zero":     func(r *rand.Rand) float64 { return math.Round(10*math.Max(0, 3*r.NormFloat64()-2)) / 10 },
		"zeros and ones":  func(r *rand.Rand) float64 { return float64(r.IntN(2)) },
		"marks from 1":    func(r *rand.Rand) float64 { return float64(1 + r.IntN(5)) },
		"cut at 100":      func(r *rand.Rand) float64 { return math.Min(100, math.Round(90+10*r.NormFloat64())) },
		"cut at zero":     func(r *rand.Rand) float64 { return math.Max(0, math.Round(1000+900*r.NormFloat64())) },
		"whole thousands": func(r *rand.Rand) float64 { return 1000 * float64(r.IntN(30)) },
	}
	names := make([]string, 0, len(draw))
	for name := range draw {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r := rand.New(rand.NewPCG(1, 2))
		for range 40 {
			text := grid(func(int, int) string { return fmt.Sprint(draw[name](r)) })
			table, err := Read(save(t, "t.csv", text), Options{})
			if err == nil && len(table.Doubts) > 0 {
				t.Errorf("%s: %v", name, table.Doubts[0].Error())
				break
			}
		}
	}
}

// TestHonestColumnsAreNotDoubted reads sparse and dense long tables whose indices are numbers.
func TestHonestColumnsAreNotDoubted(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		sizes := []int{2 + r.IntN(12), 2 + r.IntN(12), 2 + r.IntN(6)}
		share := 0.05 + 0.95*r.Float64()
		draw := r.NormFloat64
		if r.IntN(2) == 0 { // yes or no
			draw = func() float64 { return float64(r.IntN(2)) }
		}
		var text strings.Builder
		text.WriteString("p,q,r,v\n")
		for i := range sizes[0] {
			for j := range sizes[1] {
				for k := range sizes[2] {
					if r.Float64() < share {
						fmt.Fprintf(&text, "%d,%d,%g,%.3g\n", i, j, 0.5*float64(k), draw())
					}
				}
			}
		}
		table, err := Read(save(t, "t.csv", text.String()), Options{})
		if err == nil && len(table.Doubts) > 0 && share > 0.2 {
			t.Errorf("%v, %.2f of the cells: %v", sizes, share, table.Doubts[0].Error())
		}
	}
}

func TestCommonLabels(t *testing.T) {
	for _, same := range [][]string{
		{"1", "01", " 1", "1.0", "+1"},
		{"Oslo", "OSLO", " oslo "},
		{"New  York", "new york"},
		{"S07", "s7", "S007"},
		{"2020-01-05", "2020-1-5"},
	} {
		for _, label := range same {
			if commonLabel(label) != commonLabel(same[0]) {
				t.Errorf("%q is not like %q: %q", label, same[0], commonLabel(label))
			}
		}
	}
	for _, pair := range [][2]string{{"1", "10"}, {"v1.05", "v1.5"}, {"a1", "a10"}, {"100", "1"}, {"1.5", "1.05"}} {
		if commonLabel(pair[0]) == commonLabel(pair[1]) {
			t.Errorf("%q is like %q", pair[0], pair[1])
		}
	}
}

// TestDoubtDecimals doubts numbers with decimals that tell rows apart where names before them do not.
func TestDoubtDecimals(t *testing.T) {
	text := "province,country,lat,2020-01-01,2020-01-02,2020-01-03\n"
	for k := range 10 {
		text += fmt.Sprintf("%s,%c,%d.25,%d,%d,%d\n", []string{"", "north"}[k%2], 'a'+k/2, 40+k, k, 2*k+1, 3*k)
	}
	path := save(t, "t.csv", text)
	table := mustRead(t, path, Options{})
	if len(table.Doubts) != 1 || !strings.Contains(table.Doubts[0].Error(), `told apart by "lat", numbers with decimals, and not by "province"`) {
		t.Errorf("doubts %v", table.Doubts)
	}
	if table := mustRead(t, path, Options{Index: []string{"lat"}}); len(table.Doubts) != 0 {
		t.Errorf("a column that is named is doubted: %v", table.Doubts)
	}
}
