package portable

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"golang.org/x/sys/cpu"
)

// special are the arguments on which definitions part ways, and the neighbours of every number that a method branches
// on.
func special() []float64 {
	base := []float64{
		0, 0x1p-1074, 0x1p-1022, 0x1p-70, 0x1p-54, 0x1p-29, 0x1p-28, 0.2316, 0.25, 0.2929, 0.3465735902799727,
		0.4142135623730951, 0.5, 0.625, 0.7316, 0.85, 0.9, 1, 1.0397207708399179, 1.2316, 1.4616321449683623, 1.7316, 2,
		3, 7, 8, 44.01484596,
		38.81624211, 700, 709.09, 709.43, 709.782712893384, 745.1332191019411, 746, 800, 1e10, 0x1p53, 0x1p58, 0x1p63, 0x1p64,
		math.MaxFloat64, math.Inf(1), math.NaN(),
	}
	var out []float64
	for _, x := range base {
		for _, y := range []float64{x, math.Nextafter(x, math.Inf(1)), math.Nextafter(x, math.Inf(-1))} {
			out = append(out, y, -y)
		}
	}
	return out
}

// arguments are the special ones and random ones of every size.
func arguments(r *rand.Rand) []float64 {
	out := special()
	for range 200_000 {
		out = append(out, math.Float64frombits(r.Uint64()), 4*r.NormFloat64(), 2*r.Float64()-1, 800*(2*r.Float64()-1))
	}
	return out
}

// apart returns how many numbers lie between a and b, 0 for the same one and for two NaNs.
func apart(a, b float64) uint64 {
	if a != a && b != b {
		return 0
	}
	order := func(x float64) int64 {
		if bits := int64(math.Float64bits(x)); bits >= 0 {
			return bits
		} else {
			return math.MinInt64 - bits
		}
	}
	if i, j := order(a), order(b); i > j {
		return uint64(i) - uint64(j)
	} else {
		return uint64(j) - uint64(i)
	}
}

// TestMath compares every function with math's: the same bits on amd64, and nearly so on processors where math rounds
// otherwise.
func TestMath(t *testing.T) {
	everywhere := func(float64) bool { return true }
	// On amd64 math is wrong for the logarithm of subnormal numbers, and calls eˣ infinite a little too soon.
	normal := func(x float64) bool { return !(x > 0 && x < 0x1p-1022) }
	functions := []struct {
		name         string
		ours, theirs func(float64) float64
		domain       func(float64) bool
		within       uint64 // units in the last place, where math has another method
	}{
		{"Exp", Exp, math.Exp, func(x float64) bool { return !(x > 709.4 && x < 710) }, 2},
		{"Expm1", Expm1, math.Expm1, everywhere, 1},
		{"Log", Log, math.Log, normal, 1},
		{"Log1p", Log1p, math.Log1p, everywhere, 1},
		{"Tanh", Tanh, math.Tanh, everywhere, 4},
		{"Cos", Cos, math.Cos, func(x float64) bool { return math.Abs(x) < 1<<29 }, 2},
		{"Cbrt", Cbrt, math.Cbrt, everywhere, 1},
		{"LogGamma", LogGamma, lgamma, func(x float64) bool { return !math.Signbit(x) && normal(x) }, 4},
		{"Erfinv", Erfinv, math.Erfinv, everywhere, 16},
	}
	x := arguments(rand.New(rand.NewPCG(1, 2)))
	for _, f := range functions {
		worst, failures := uint64(0), 0
		for _, x := range x {
			if !f.domain(x) {
				continue
			}
			ours, theirs := f.ours(x), f.theirs(x)
			off := apart(ours, theirs)
			worst = max(worst, off)
			if !allowed(off, f.within) && failures < 5 {
				failures++
				t.Errorf("%s(%v) = %v, math has %v", f.name, x, ours, theirs)
			}
		}
		t.Logf("%s is at most %d apart from math's", f.name, worst)
	}
}

func lgamma(x float64) float64 {
	y, _ := math.Lgamma(x)
	return y
}

// TestMathOfTwo is TestMath for functions of two numbers.
func TestMathOfTwo(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	few := special()
	x, y := arguments(r), arguments(r)
	r.Shuffle(len(y), func(i, j int) { y[i], y[j] = y[j], y[i] })
	for _, a := range few {
		for _, b := range few {
			x, y = append(x, a), append(y, b)
		}
	}
	for range 200_000 { // results that are neither 0 nor infinite
		x, y = append(x, math.Exp(3*r.NormFloat64())), append(y, 20*r.NormFloat64())
	}
	for name, f := range map[string][2]func(x, y float64) float64{"Pow": {Pow, math.Pow}, "Hypot": {Hypot, math.Hypot}} {
		failures := 0
		for k := range x {
			if name == "Pow" && math.Abs(x[k]) < 0x1p-1022 {
				continue // math's logarithm again
			}
			ours, theirs := f[0](x[k], y[k]), f[1](x[k], y[k])
			if !allowed(apart(ours, theirs), 8) && failures < 5 {
				failures++
				t.Errorf("%s(%v, %v) = %v, math has %v", name, x[k], y[k], ours, theirs)
			}
		}
	}
}

// allowed tells whether a result may be that far from math's.
func allowed(off, within uint64) bool {
	if runtime.GOARCH == "amd64" && cpu.X86.HasFMA {
		return off == 0
	}
	return off <= within
}

// TestDefinition checks what math may get wrong against what defines it.
func TestDefinition(t *testing.T) {
	for k := -1074; k < 1024; k++ {
		want := float64(k) * math.Ln2
		if got := Log(math.Ldexp(1, k)); apart(got, want) > 1 {
			t.Errorf("the logarithm of 2^%d is %v instead of %v", k, got, want)
		}
	}
	for x := 709.0; x < 709.7827; x += 1. / 1024 {
		if got := Log(Exp(x)); apart(got, x) > 1 {
			t.Errorf("the logarithm of e^%v is %v", x, got)
		}
	}
	for _, x := range []float64{0x1p-1074, 1e-310, 3e-309} {
		if got, want := Pow(x, 0.25), math.Sqrt(math.Sqrt(x)); math.Abs(got/want-1) > 1e-13 {
			t.Errorf("the fourth root of %v is %v instead of %v", x, got, want)
		}
		if got, want := LogGamma(x), -Log(x); got != want {
			t.Errorf("the logarithm of Γ(%v) is %v instead of %v", x, got, want)
		}
	}
	if got := LogGamma(-0.5); got == got {
		t.Errorf("the logarithm of Γ(-0.5), which is negative, is %v", got)
	}
	if got := Cos(1 << 30); got == got {
		t.Errorf("the cosine of 2^30 is %v", got)
	}
}

var sink float64

func BenchmarkExp(b *testing.B) {
	for name, f := range map[string]func(float64) float64{"portable": Exp, "math": math.Exp} {
		b.Run(name, func(b *testing.B) {
			for k := range b.N {
				sink += f(float64(k&255) / 16)
			}
		})
	}
}

func BenchmarkLog(b *testing.B) {
	for name, f := range map[string]func(float64) float64{"portable": Log, "math": math.Log} {
		b.Run(name, func(b *testing.B) {
			for k := range b.N {
				sink += f(float64(k&255) + 0.3)
			}
		})
	}
}

// TestErfc compares with math, whose last digits may differ: it sums in another order near 0.
func TestErfc(t *testing.T) {
	for x := -7.0; x < 27; x += 1. / 512 {
		if ours, theirs := Erfc(x), math.Erfc(x); math.Abs(ours-theirs) > 1e-14*theirs {
			t.Fatalf("Erfc(%v) = %v, math has %v", x, ours, theirs)
		}
	}
}

// TestBeta compares with sums and integrals that are known.
func TestBeta(t *testing.T) {
	for _, x := range []float64{0, 0.01, 0.3, 0.5, 0.77, 0.999, 1} {
		sum, p := 0.0, math.Pow(1-x, 12)
		for k := range 5 { // at most 4 of 12 binomial trials
			sum += p
			p *= x / (1 - x) * float64(12-k) / float64(k+1)
		}
		if x == 1 {
			sum = 0
		}
		if got := Beta(8, 5, 1-x); math.Abs(got-sum) > 1e-13 {
			t.Errorf("at most 4 of 12 at %v: %v, want %v", x, got, sum)
		}
		if got := Beta(0.5, 0.5, x); math.Abs(got-2/math.Pi*math.Asin(math.Sqrt(x))) > 1e-13 {
			t.Errorf("the arc sine's distribution at %v: %v", x, got)
		}
	}
}
