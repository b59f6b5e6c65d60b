package memory

import (
	"syscall"
	"unsafe"
)

// LargePages asks the system to back a slice that is about to be filled, up to its capacity, with large pages, where it has
// them on request. A table of a hundred megabytes takes some 25,000 small pages, and clearing and mapping each as it is
// touched takes much of the time of reading it (docs/scale.md). Nothing else changes, and a system without them says no.
func LargePages[T any](s []T) {
	const large = 2 << 20
	size := uintptr(cap(s)) * unsafe.Sizeof(*new(T))
	if size < 2*large {
		return
	}
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), size)
	from := -uintptr(unsafe.Pointer(&bytes[0])) & (large - 1)
	_ = syscall.Madvise(bytes[from:from+(size-from)&^(large-1)], syscall.MADV_HUGEPAGE)
}
