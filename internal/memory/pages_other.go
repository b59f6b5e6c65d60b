//go:build !linux

package memory

// LargePages does nothing: the system does not take such wishes.
func LargePages[T any]([]T) {}
