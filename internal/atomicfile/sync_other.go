//go:build !unix

package atomicfile

// syncFolder does nothing where a directory cannot be opened and synced.
func syncFolder(string) error { return nil }
