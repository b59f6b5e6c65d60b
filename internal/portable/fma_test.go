package portable

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFMA compares with the processor's own on operands of every kind: sums that cancel, ends of the range, halves.
func TestFMA(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(spread float64) float64 {
		x := math.Ldexp(1+random.Float64(), int(spread*(2*random.Float64()-1)))
		if random.IntN(3) == 0 {
			x = math.Ldexp(float64(random.IntN(1<<12)), int(spread*(2*random.Float64()-1))-12)
		}
		if random.IntN(2) == 0 {
			return -x
		}
		return x
	}
	special := []float64{0, math.Copysign(0, -1), 1, math.Inf(1), math.Inf(-1), math.NaN(), 5e-324, math.MaxFloat64, 0x1p-1000}
	for k := range 3_000_000 {
		spread := []float64{1, 3, 30, 120, 1000}[k%5]
		x, y, z := draw(spread), draw(spread), draw(spread)
		switch random.IntN(9) {
		case 0:
			z = -x * y
		case 1:
			z = -x * y * (1 + 0x1p-52*float64(random.IntN(9)-4))
		case 2:
			z = x * y * math.Ldexp(1, random.IntN(220)-110)
		case 3:
			z = special[random.IntN(len(special))]
		case 4:
			x = special[random.IntN(len(special))]
		case 5: // a sum that is all but halfway between two numbers: what the product's own rounding lost decides
			small := math.Ldexp(1, -27-random.IntN(20))
			x, y = math.Copysign(1+small, x), math.Copysign(1-small, y)
			z = math.Copysign(math.Ldexp(float64(1<<52+random.Int64N(1<<52)), random.IntN(4)-1), z)
		}
		got, want := FMA(x, y, z), math.FMA(x, y, z)
		if !same(got, want) {
			t.Fatalf("FMA(%x, %x, %x) = %x, want %x", x, y, z, got, want)
		}
		row, high := []float64{z, z}, make([]float64, 2)
		if both := []float64{y, 0}; Heads(high, both) {
			AddScaled(row, x, both, high)
			if nought := math.FMA(x, 0, z); !same(row[0], want) || !same(row[1], nought) {
				t.Fatalf("%x times %x to %x gives %x, want %x and %x", x, both, z, row, want, nought)
			}
		}
	}
}

func same(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b }

func TestHeads(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(-1), 0x1p201, -0x1p-201} {
		if Heads(make([]float64, 2), []float64{1, x}) {
			t.Errorf("%v was split", x)
		}
	}
}
