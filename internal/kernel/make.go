package kernel

import "unsafe"

const cacheLine = 64

// Make returns n zeros that start on a cache line.
func Make[T Float](n int) []T {
	var x T
	size := int(unsafe.Sizeof(x))
	s := make([]T, n+cacheLine/size-1)
	if n == 0 {
		return s[:0]
	}
	skip := int(-uintptr(unsafe.Pointer(&s[0]))%cacheLine) / size
	return s[skip : skip+n : skip+n]
}
