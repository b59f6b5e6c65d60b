package kernel

import (
	"math"
	"unsafe"
)

// wide reports whether T is float64. It is a constant in every instance of a generic function.
func wide[T Float]() bool {
	var x T
	return unsafe.Sizeof(x) == 8
}

// as64 is s itself, for T = float64.
func as64[T Float](s []T) []float64 { return *(*[]float64)(unsafe.Pointer(&s)) }

// as32 is s itself, for T = float32.
func as32[T Float](s []T) []float32 { return *(*[]float32)(unsafe.Pointer(&s)) }

func lane64[T Float](s *[Lanes]T) *[Lanes]float64 { return (*[Lanes]float64)(unsafe.Pointer(s)) }

func lane32[T Float](s *[Lanes]T) *[Lanes]float32 { return (*[Lanes]float32)(unsafe.Pointer(s)) }

func outers64[T Float](s []Outer[T]) []Outer[float64] {
	return *(*[]Outer[float64])(unsafe.Pointer(&s))
}

func outers32[T Float](s []Outer[T]) []Outer[float32] {
	return *(*[]Outer[float32])(unsafe.Pointer(&s))
}

const (
	belowFloat32 = 1<<29 - 1 // the bits that a float64 has and a normal float32 lacks
	halfFloat32  = 1 << 28   // the first of them: halfway between two float32
	minNormal32  = 0x1p-126
)

// fused32 returns x y + z, rounded once to a float32, for x, y and z that are float32. The product is exact in float64
// and the sum is rounded there; rounding it again is wrong only if it lies halfway between two float32 and the exact
// sum does not, which takes longer to find out for results that are not normal.
func fused32(x, y, z float64) float64 {
	sum := float64(x*y) + z
	if math.Float64bits(sum)&belowFloat32 == halfFloat32 || math.Abs(sum) < minNormal32 {
		return fusedByOdd(x, y, z)
	}
	return float64(float32(sum))
}

// fusedByOdd is fused32 for any sum. One that is not exact in float64 is rounded there to the neighbour with an odd
// last bit, on which rounding to float32 falls as it would on the exact sum (Boldo and Melquiond 2008).
func fusedByOdd(x, y, z float64) float64 {
	product := float64(x * y)
	sum := product + z
	part := sum - product
	lost := (product - (sum - part)) + (z - part) // the error of the sum, exactly (Knuth's TwoSum)
	bits := math.Float64bits(sum)
	if (lost > 0 || lost < 0) && bits&1 == 0 {
		if lost > 0 == (sum > 0) {
			bits++
		} else {
			bits--
		}
	}
	return float64(float32(math.Float64frombits(bits)))
}
