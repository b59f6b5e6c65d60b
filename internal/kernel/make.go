package kernel

import "unsafe"

const cacheLine = 64

// Make returns n zeros that start on a cache line.
func Make(n int) []float64 {
	const spare = cacheLine/8 - 1
	s := make([]float64, n+spare)
	if n == 0 {
		return s[:0]
	}
	skip := int(-uintptr(unsafe.Pointer(&s[0]))%cacheLine) / 8
	return s[skip : skip+n : skip+n]
}
