package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestGuard guards a package, twice: the second time there is nothing left to do.
func TestGuard(t *testing.T) {
	const before = `package sums

import "math"

type number interface{ ~float32 | ~float64 }

func all[T number](x, y, z T, n int, v []float64, a float32) (T, float64) {
	sum := x*y + z - x*z/y
	sum += -(x * y)
	p := x * y * z
	z += p
	p *= y + z
	half := v[0] / 2
	half -= v[1] / 3
	k := n*n + 2*n
	const c = 2.5*2 + 1
	f := (a * a) + float32(a*a)
	double := v[0] * v[1] * 2
	return sum + p, math.Exp(v[2])*float64(k) + double + float64(f) + math.Sqrt(c) + half
}
`
	const after = `package sums

import (
	"math"

	"example/internal/portable"
)

type number interface{ ~float32 | ~float64 }

func all[T number](x, y, z T, n int, v []float64, a float32) (T, float64) {
	sum := T(x*y) + z - x*z/y
	sum += -T(x * y)
	p := T(x * y * z)
	z += p
	p = T(p * (y + z))
	half := float64(v[0] / 2)
	half -= v[1] / 3
	k := n*n + 2*n
	const c = 2.5*2 + 1
	f := float32(a*a) + float32(a*a)
	double := float64(float64(v[0]*v[1]) * 2)
	return sum + p, float64(portable.Exp(v[2])*float64(k)) + double + float64(f) + math.Sqrt(c) + half
}
`
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                        "module example\n\ngo 1.26\n",
		"sums.go":                       before,
		"internal/portable/portable.go": "package portable\n\nfunc Exp(x float64) float64 { return x }\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := run(dir, []string{"."}); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, "sums.go"))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != after {
			t.Fatalf("got\n%s", got)
		}
	}
}
