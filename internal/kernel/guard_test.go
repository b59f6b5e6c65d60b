package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"lacuna/internal/cpu"
)

// tiers runs a test with every tier this machine has, by switching off the flags one after another.
func tiers(t *testing.T, test func(t *testing.T)) {
	avx2, avx512, simd := cpu.AVX2, cpu.AVX512, cpu.SIMD
	defer func() { cpu.AVX2, cpu.AVX512, cpu.SIMD = avx2, avx512, simd }()
	if avx512 {
		t.Run("AVX512", test)
	}
	cpu.AVX512 = false
	if avx2 {
		t.Run("AVX2", test)
	}
	if simd {
		t.Run("SIMD", test)
	}
	cpu.AVX2, cpu.SIMD = false, false
	t.Run("reference", test)
}

// guarded hands out random vectors with guard zones on both sides.
type guarded[T Float] struct {
	rng      *rand.Rand
	whole    [][]T
	integers bool
}

const guard = 16

// canary is a NaN that no kernel makes.
func canary[T Float]() T {
	if wide[T]() {
		return T(math.Float64frombits(0x7ff8dead00c0ffee))
	}
	return T(math.Float32frombits(0x7fc0ffee))
}

func bits[T Float](x T) uint64 { return math.Float64bits(float64(x)) }

func (g *guarded[T]) vector(n int) []T {
	whole := make([]T, n+2*guard)
	for i := range whole {
		whole[i] = canary[T]()
		if i >= guard && i < n+guard {
			whole[i] = g.number()
		}
	}
	g.whole = append(g.whole, whole)
	return whole[guard : n+guard : n+guard]
}

// number is normal, or a small integer.
func (g *guarded[T]) number() T {
	if g.integers {
		return T(g.rng.IntN(7) - 3)
	}
	return T(g.rng.NormFloat64())
}

func (g *guarded[T]) lane() *[Lanes]T { return (*[Lanes]T)(g.vector(Lanes)) }

func (g *guarded[T]) check(t *testing.T) {
	t.Helper()
	for _, whole := range g.whole {
		for i := range guard {
			for _, v := range []T{whole[i], whole[len(whole)-1-i]} {
				if bits(v) != bits(canary[T]()) {
					t.Fatalf("a guard zone was written")
				}
			}
		}
	}
}

func same[T Float](t *testing.T, got, want []T) {
	t.Helper()
	for i := range want {
		if bits(got[i]) != bits(want[i]) {
			t.Fatalf("entry %d is %v, the reference says %v", i, got[i], want[i])
		}
	}
}

// runTable returns runs of lengths 0 … most for that many rows, and random targets below n, with spare more.
func runTable(rng *rand.Rand, rows, most, n, spare int) (start, at []int32) {
	start = []int32{int32(rng.IntN(3))}
	for range rows {
		start = append(start, start[len(start)-1]+int32(rng.IntN(most+1)))
	}
	at = make([]int32, items(start)+spare)
	for k := range at {
		at[k] = rng.Int32N(int32(n))
	}
	return start, at
}

func maxGroups[T Float]() int { return MaxLanes[T]() / Lanes }

// cells returns n runs of cells in 11 rows of l, 9 of b and 12 of c.
func (g *guarded[T]) cells(n int) (start, row []int32, cells []uint32) {
	start = []int32{7}
	for range n {
		start = append(start, start[len(start)-1]+1+g.rng.Int32N(9))
		row = append(row, g.rng.Int32N(11))
	}
	for range items(start) {
		cells = append(cells, Cell(g.rng.IntN(9), g.rng.IntN(12)))
	}
	return start, row, cells
}

func (g *guarded[T]) outers(terms, rows, cols int) []Outer[T] {
	var outers []Outer[T]
	for range terms {
		outers = append(outers, Outer[T]{C: g.number(), Y: g.vector(rows * Lanes), X: g.vector(cols * Lanes)})
	}
	return outers
}
