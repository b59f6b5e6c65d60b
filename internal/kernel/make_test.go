package kernel

import (
	"math"
	"testing"
	"unsafe"
)

func TestMakeStartsOnACacheLine(t *testing.T) {
	aligned(t, Make[float64])
	aligned(t, Make[float32])
}

func aligned[T Float](t *testing.T, alloc func(int) []T) {
	for n := range 50 {
		s := alloc(n)
		if len(s) != n || cap(s) > 0 && cap(s) != n && n > 0 {
			t.Fatalf("asked for %d numbers, got %d of capacity %d", n, len(s), cap(s))
		}
		if n > 0 && uintptr(unsafe.Pointer(&s[0]))%cacheLine != 0 {
			t.Fatalf("%d numbers begin %d bytes behind a cache line", n, uintptr(unsafe.Pointer(&s[0]))%cacheLine)
		}
		for _, x := range s {
			if x != 0 || math.Signbit(float64(x)) {
				t.Fatalf("a number is %v, not 0", x)
			}
		}
	}
}
