package posterior

import (
	"math"
	"testing"

	"lacuna/internal/rng"
)

// TestTruncation compares moments and draws between limits with sums over the density.
func TestTruncation(t *testing.T) {
	inf := math.Inf(1)
	normal, student := spread{level: 0.49}, spread{level: 0.49, freedom: 5}
	for _, c := range []struct {
		name         string
		scatter      Scatter
		x, low, high float64
	}{
		{"normal", normal, 0.3, -0.2, 0.9},
		{"normal below", normal, 0.3, -inf, 0.1},
		{"normal above", normal, 0.3, 1, inf},
		{"normal in the tail", normal, 4, -inf, 0.1},
		{"normal in the other tail", normal, -4, 0.1, 0.5},
		{"student", student, 0.3, -0.2, 0.9},
		{"student below", student, 0.3, -30, 0.1},
		{"student above", student, -2, 1, 40},
		{"log-normal", exponential{normal, 0.2, 0.8}, 0.3, 0.5, 1.5},
		{"log-normal below", exponential{normal, 0.2, 0.8}, 0.3, 0, 0.8},
		{"log-normal far below", exponential{normal, 0.2, 0.8}, 3, -inf, 0.8},
		{"log-normal above", exponential{normal, 0.2, 0.8}, -1, 2, inf},
		{"by label", mixed{group: []int{0}, parts: []part{{normal, 0.1, 2}}}, 0.1, -0.2, 0.9},
	} {
		d, ok := Between(c.scatter, []int32{0}, c.x, c.low, c.high)
		if !ok {
			t.Fatalf("%s: cannot be given limits", c.name)
		}
		const steps = 20_000
		from, to := math.Max(c.low, -40), math.Min(c.high, 60)
		var p, sum, squares, below float64
		width := (to - from) / steps
		middle := from + (to-from)/3
		for k := range steps {
			y := from + (float64(k)+0.5)*width
			w := width * math.Exp(c.scatter.LogDensity([]int32{0}, c.x, y))
			p, sum, squares = p+w, sum+w*y, squares+w*y*y
			if y <= middle {
				below += w
			}
		}
		mean, variance := sum/p, squares/p-sum/p*sum/p
		gotMean, gotVariance := d.Moments()
		near := func(what string, got, want, tolerance float64) {
			if !(math.Abs(got-want) <= tolerance) {
				t.Errorf("%s: %s %v, want %v", c.name, what, got, want)
			}
		}
		near("probability", d.Probability()/p, 1, 1e-4)
		near("mean", gotMean, mean, 1e-4*math.Sqrt(variance))
		near("variance", gotVariance/variance, 1, 1e-3)
		near("distribution function", d.CDF(middle), below/p, 1e-4)
		near("distribution function below", d.CDF(from-1), 0, 1e-9)
		near("distribution function above", d.CDF(to+1e-9), 1, 1e-9)
		const draws = 20_000
		stream, total := rng.New(1, c.name), 0.0
		for range draws {
			y := d.Draw(stream)
			if !(y >= c.low && y <= c.high) {
				t.Fatalf("%s: drew %v", c.name, y)
			}
			total += y
		}
		near("mean of draws", total/draws, mean, 5*math.Sqrt(variance/draws))
	}
}

// TestTruncationFarOut asks for an answer where the limits have no probability that a number can hold.
func TestTruncationFarOut(t *testing.T) {
	for _, s := range []Scatter{spread{level: 1e-6}, exponential{spread{level: 1e-6}, 0, 1}} {
		d, _ := Between(s, []int32{0}, 9, 0.25, 0.5)
		mean, variance := d.Moments()
		if !(math.Abs(mean-0.5) < 1e-9 && variance >= 0 && variance < 1e-9) {
			t.Errorf("%T: mean %v, variance %v at the limit 0.5", s, mean, variance)
		}
		if y := d.Draw(rng.New(1, "far")); !(y > 0.49 && y <= 0.5) {
			t.Errorf("%T: drew %v", s, y)
		}
		if d.CDF(0.4) != 0 || d.CDF(0.5) != 1 {
			t.Errorf("%T: the distribution function is %v and %v", s, d.CDF(0.4), d.CDF(0.5))
		}
	}
}

// TestCountsBetweenLimits compares with the probabilities of the counts.
func TestCountsBetweenLimits(t *testing.T) {
	k := counts{level: 0.5, size: 2.5}
	for _, c := range []struct{ x, low, high, first, last float64 }{
		{0.3, math.Inf(-1), 5, 0, 4},
		{2, 2, 9, 3, 8},
		{-1, 0, 2, 1, 1},
		{8, math.Inf(-1), 3, 0, 2},
		{1, math.Nextafter(1, 0), math.Nextafter(4, 5), 1, 4},
	} {
		d, ok := Between(k, nil, c.x, c.low, c.high)
		if !ok {
			t.Fatal("counts cannot be given limits")
		}
		var p, sum, squares float64
		for y := c.first; y <= c.last; y++ {
			own := math.Exp(k.LogDensity(nil, c.x, y))
			p, sum, squares = p+own, sum+own*y, squares+own*y*y
		}
		mean, variance := d.Moments()
		wantMean := sum / p
		if !(math.Abs(mean-wantMean) < 1e-9 && math.Abs(variance-(squares/p-wantMean*wantMean)) < 1e-9) ||
			!(math.Abs(d.Probability()/p-1) < 1e-9) || d.CDF(c.first-1) != 0 || d.CDF(c.last) != 1 {
			t.Errorf("%+v: mean %v, variance %v, probability %v, want %v, %v, %v", c, mean, variance, d.Probability(), wantMean,
				squares/p-wantMean*wantMean, p)
		}
		stream, total := rng.New(1, "counts"), 0.0
		const draws = 5000
		for range draws {
			y := d.Draw(stream)
			if y < c.first || y > c.last || y != math.Floor(y) {
				t.Fatalf("%+v: drew %v", c, y)
			}
			total += y / draws
		}
		if !(math.Abs(total-mean) <= 5*math.Sqrt(variance/draws)+1e-9) {
			t.Errorf("%+v: draws have mean %v, want %v", c, total, mean)
		}
	}
}
