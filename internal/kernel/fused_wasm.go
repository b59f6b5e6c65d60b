package kernel

import (
	"math"
	"unsafe"

	"lacuna/internal/portable"
)

// fused returns x y + z, rounded once to a T. WebAssembly has no such instruction.
func fused[T Float](x, y, z T) float64 {
	if unsafe.Sizeof(x) == 8 {
		return portable.FMA(float64(x), float64(y), float64(z))
	}
	return fused32(float64(x), float64(y), float64(z))
}

func fma(x, y, z float64) float64 { return portable.FMA(x, y, z) }

// fusedRow adds s x to row, each sum rounded once. It is portable.FMA with its steps written out and the halves of s kept:
// calls are dear here, and this loop is most of the work of a completion.
func fusedRow(row []float64, s float64, x []float64) {
	const most, least, split = 0x1p400, 0x1p-400, 1<<27 + 1
	if size := math.Abs(s); !(size < most && size > least) {
		for j, t := range x {
			row[j] = portable.FMA(s, t, row[j])
		}
		return
	}
	c := float64(s * split)
	s1 := c - (c - s)
	s2 := s - s1
	row = row[:len(x)]
	for j, t := range x {
		z, high := row[j], float64(s*t)
		if size := math.Abs(high); !(size < most && size > least && math.Abs(z) < most) {
			row[j] = portable.FMA(s, t, z)
			continue
		}
		c := float64(t * split)
		t1 := c - (c - t)
		t2 := t - t1
		low := float64(s2*t2) - (((high - float64(s1*t1)) - float64(s2*t1)) - float64(s1*t2))
		small := z + low
		part := small - z
		rest := (z - (small - part)) + (low - part)
		sum := high + small
		part = sum - high
		lost := (high - (sum - part)) + (small - part)
		tail := rest + lost
		part = tail - rest
		if off := (rest - (tail - part)) + (lost - part); off != 0 {
			tail = portable.Odd(tail, off)
		}
		row[j] = sum + tail
	}
}
