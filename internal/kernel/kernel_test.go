package kernel

import (
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// testOf is a test of one kernel on random data, n being the size that is varied.
type testOf[T Float] struct {
	name string
	run  func(t *testing.T, g *guarded[T], n int)
}

// registry has the tests of every kernel: against the reference, and against its definition.
func registry[T Float]() []testOf[T] {
	tests := slices.Concat(every[T](), definitions[T]())
	if wide[T]() {
		tests = slices.Concat(tests, any(wideOnly).([]testOf[T]), any(ofGrams).([]testOf[T]))
	}
	return tests
}

func TestSizes(t *testing.T) {
	t.Run("float64", sizes[float64])
	t.Run("float32", sizes[float32])
}

// sizes are all up to three times the largest number of rows or columns that a kernel takes at once, 12, and some larger.
func sizes[T Float](t *testing.T) {
	sizes := []int{47, 64, 65, 100}
	for n := range 41 {
		sizes = append(sizes, n)
	}
	for _, kernel := range registry[T]() {
		t.Run(kernel.name, func(t *testing.T) {
			tiers(t, func(t *testing.T) {
				for _, n := range sizes {
					g := &guarded[T]{rng: rand.New(rand.NewPCG(uint64(n), 1))}
					kernel.run(t, g, n)
					g.check(t)
				}
			})
		})
	}
}

func FuzzKernels(f *testing.F) {
	f.Add(uint8(0), uint8(3), uint64(1))
	f.Fuzz(func(t *testing.T, which, n uint8, seed uint64) {
		fuzz[float64](t, which, n, seed)
		fuzz[float32](t, which, n, seed)
	})
}

func fuzz[T Float](t *testing.T, which, n uint8, seed uint64) {
	kernels := registry[T]()
	tiers(t, func(t *testing.T) {
		g := &guarded[T]{rng: rand.New(rand.NewPCG(seed, 2))}
		kernels[int(which)%len(kernels)].run(t, g, int(n))
		g.check(t)
	})
}

func TestShapePanics(t *testing.T) {
	for name, call := range map[string]func(){
		"MatVec": func() { MatVec(make([]float64, 8), make([]float64, 15), make([]float64, 16), 1, 2) },
		"Dot":    func() { Dot(new(lane), make([]float64, 8), make([]float64, 16), 2) },
		"lanes":  func() { RowSums[float64](nil, nil, nil, []int32{0}, nil, 40) },
		"runs":   func() { RowSums(make([]float64, 8), nil, nil, []int32{0, 1}, nil, 8) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic for a slice that is too short")
				}
			}()
			call()
		})
	}
}

// TestEveryKernelIsTestedAndMeasured compares the tests and the benchmarks with the generated dispatch.
func TestEveryKernelIsTestedAndMeasured(t *testing.T) {
	source, err := os.ReadFile("dispatch_noasm.go")
	if err != nil {
		t.Fatal(err)
	}
	functions := regexp.MustCompile(`(?m)^func (\w+?)(F32)?\([a-z]`).FindAllStringSubmatch(string(source), -1)
	untested[float64](t, functions)
	untested[float32](t, functions)
}

func untested[T Float](t *testing.T, functions [][]string) {
	tested, measured, count := map[string]bool{}, map[string]bool{}, 0
	for _, k := range registry[T]() {
		tested[strings.ToLower(k.name)] = true
	}
	for _, c := range calls[T](5, 1) {
		measured[strings.ToLower(c.name)] = true
	}
	for _, match := range functions {
		if name := strings.ToLower(match[1]); wide[T]() == (match[2] == "") {
			count++
			if !tested[name] || !measured[name] {
				t.Errorf("%s for %T is tested: %v, and measured: %v", match[1], T(0), tested[name], measured[name])
			}
		}
	}
	if count < 20 {
		t.Errorf("only %d functions for %T in the dispatch", count, T(0))
	}
}

func TestKernelsAllocateNothing(t *testing.T) {
	t.Run("float64", allocatesNothing[float64])
	t.Run("float32", allocatesNothing[float32])
}

func allocatesNothing[T Float](t *testing.T) {
	tiers(t, func(t *testing.T) {
		for _, c := range calls[T](10, 1) {
			if allocations := testing.AllocsPerRun(10, c.call); allocations != 0 {
				t.Errorf("%v allocations in a call of %s", allocations, c.name)
			}
		}
	})
}
