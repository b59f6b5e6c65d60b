package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactly returns x y + z rounded once to float32, by arithmetic of unlimited precision where that is defined and by
// the rules of IEEE 754 where it is not.
func exactly(x, y, z float32) float32 {
	product := float64(x) * float64(y)
	sum := product + float64(z)
	if math.IsNaN(sum) || math.IsInf(sum, 0) || sum == 0 && product == 0 {
		return float32(sum)
	}
	float := func(x float32) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(float64(x)) }
	exact := float(x)
	exact.Mul(exact, float(y)).Add(exact, float(z))
	if exact.Sign() == 0 { // by cancellation, which rounds to +0
		return 0
	}
	rounded, _ := exact.Float32()
	return rounded
}

func checkFused(t *testing.T, x, y, z float32) {
	t.Helper()
	want := exactly(x, y, z)
	for name, got := range map[string]float64{
		"fused": fused(x, y, z), "fusedByOdd": fusedByOdd(float64(x), float64(y), float64(z)),
	} {
		if math.IsNaN(float64(want)) && math.IsNaN(got) {
			continue
		}
		if math.Float64bits(got) != math.Float64bits(float64(want)) {
			t.Fatalf("%s: %x × %x + %x is %x, exactly rounded %x", name, x, y, z, got, want)
		}
	}
}

func TestFusedIsRoundedOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	anyBits := func() float32 { return math.Float32frombits(rng.Uint32()) }
	for range 50_000 {
		checkFused(t, anyBits(), anyBits(), anyBits())
		x, y, z := float32(rng.NormFloat64()), float32(rng.NormFloat64()), float32(rng.NormFloat64())
		checkFused(t, x, y, z)
		checkFused(t, x, y, -x*y) // cancellation
	}
	// A sum that lies close to halfway between two float32, normal or not: z is halfway plus a whole number of
	// steps, and the product a small thing, or z a whole number and the product halfway and a little more.
	for range 100_000 {
		scale := rng.IntN(250) - 149
		step := math.Ldexp(1, scale)
		whole := float32(math.Ldexp(float64(rng.IntN(1<<24)), scale))
		if rng.IntN(2) == 0 {
			whole = -whole
		}
		for _, more := range []float64{0, 0x1p-23, -0x1p-23, 0x1p-12} {
			checkFused(t, float32(0.5*math.Sqrt2*(1+more)), float32(step*math.Sqrt2), whole)
			checkFused(t, float32(1+more), float32(0.5*step*(1+more)), whole)
			checkFused(t, float32(1+more), float32(0.5*step*(1-more)), whole)
			checkFused(t, float32(0x1p-60*(1+more)), float32(0.5*step*0x1p60), whole)
		}
	}
	// The same among numbers that are not normal, which lie 2^-149 apart.
	for range 10_000 {
		z := math.Float32frombits(rng.Uint32() >> 9)
		checkFused(t, 0x1p-75*(1+0x1p-23), 0x1p-75*(1-0x1p-23), z)
		checkFused(t, -0x1p-75*(1+0x1p-23), 0x1p-75*(1-0x1p-23), -z)
		checkFused(t, 0x1p-75*(1+0x1p-12), 0x1p-75*(1-0x1p-12), z)
		checkFused(t, 0x1p-75*(1+0x1p-22), 0x1p-75*(1+0x1p-23), z)
	}
	// Halfway, and nearer to it than a float64 can tell: the product is halfway + 2^-46 of that, the sum 2^24 times as
	// large.
	half := float32(0x1p-24 * (1 + 0x1p-23))
	for _, sign := range []float32{1, -1} {
		for scale := -140; scale < 100; scale++ {
			z := float32(math.Ldexp(1, scale))
			checkFused(t, half*sign, z*(1-0x1p-23), z*sign)
			checkFused(t, half*sign, z*(1-0x1p-23), z*sign*(1+0x1p-23))
			checkFused(t, 0x1p-24*(1+0x1p-22)*sign, z*(1-0x1p-22), z*sign)
		}
	}
}

func TestFusedOfSpecialNumbers(t *testing.T) {
	zero, inf, nan := float32(0), float32(math.Inf(1)), float32(math.NaN())
	special := []float32{
		zero, -zero, float32(math.Copysign(0, -1)), 1, -1, 1 + 0x1p-23, 1 - 0x1p-24, 3,
		0x1p-149, -0x1p-149, 3 * 0x1p-149, 0x1p-126, 0x1p-126 - 0x1p-149,
		-0x1p-126, 0x1p-75, 0x1p-74, 0x1p-64, -0x1p-75, 0x1p64, -0x1p64, 0x1p100, 0x1p24, 0x1p24 + 2, 0.5,
		math.MaxFloat32, -math.MaxFloat32, math.MaxFloat32 / 2, inf, -inf, nan,
	}
	for _, x := range special {
		for _, y := range special {
			for _, z := range special {
				checkFused(t, x, y, z)
			}
		}
	}
}

// Rounding to float64 first is not the same: the numbers that the tests above are about do exist.
func TestRoundingTwiceDiffers(t *testing.T) {
	x, y, z := float32(0x1p-24*(1+0x1p-23)), float32(1-0x1p-23), float32(1+0x1p-23)
	twice := float32(math.FMA(float64(x), float64(y), float64(z)))
	if once := fused(x, y, z); float64(twice) == once {
		t.Errorf("%x × %x + %x is %x rounded once and rounded twice", x, y, z, once)
	}
}

func FuzzFused(f *testing.F) {
	f.Add(uint32(1), uint32(1<<30), uint32(5))
	f.Fuzz(func(t *testing.T, x, y, z uint32) {
		checkFused(t, math.Float32frombits(x), math.Float32frombits(y), math.Float32frombits(z))
	})
}
