// Package program says how lacuna is built for others.
package program

// Build returns the arguments of go, at the root, that build the program into a file: without the paths of this machine and
// symbols; without HTTP/2, which needs TLS, which nothing here speaks; and with the standard library's JSON in Arrow instead
// of a second one. more are further flags.
func Build(path string, more ...string) []string {
	arguments := append([]string{"build", "-trimpath", "-ldflags=-s -w", "-tags=nethttpomithttp2,arrow_json_stdlib"}, more...)
	return append(arguments, "-o", path, "./cmd/lacuna")
}
