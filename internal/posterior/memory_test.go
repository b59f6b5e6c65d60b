package posterior

import (
	"math"
	"runtime"
	"testing"

	"lacuna/tensor"
)

// TestMemoryOfAProcess compares the estimate of what the prior takes with the heap.
func TestMemoryOfAProcess(t *testing.T) {
	for _, test := range []struct{ labels, blocks, order int }{{500, 7, 2}, {20_000, 15, 1}, {1500, 31, 2}} {
		data, _ := lowRank(1, tensor.Shape{test.labels, 5}, 1, 1000, even(0.1))
		g := GaussianProcess{Periods: []float64{12}, Order: test.order}
		var allocated [2]float64
		for k, priors := range [][]Prior{nil, {g}} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			s := newSampler(data, Settings{Blocks: test.blocks, Priors: priors}.withDefaults())
			s.sweep()
			runtime.ReadMemStats(&after)
			allocated[k] = float64(after.TotalAlloc - before.TotalAlloc)
			runtime.KeepAlive(s)
		}
		got, want := g.Memory(test.labels, test.blocks), allocated[1]-allocated[0]
		if got < want/2 || got > 2*want {
			t.Errorf("%+v: %.3g bytes are expected, %.3g allocated", test, got, want)
		}
	}
}

// TestMemoryIsWhatAChainAllocates compares the estimate with the heap.
func TestMemoryIsWhatAChainAllocates(t *testing.T) {
	for _, test := range []struct {
		shape         tensor.Shape
		cells, blocks int
	}{
		{tensor.Shape{50, 40, 30}, 20_000, 8},
		{tensor.Shape{50, 40, 30}, 2000, 200},
		{tensor.Shape{9000, 4000}, 20_000, 63},
	} {
		data, _ := lowRank(1, test.shape, 1, test.cells, even(0.1))
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := newSampler(data, Settings{Blocks: test.blocks}.withDefaults())
		runtime.ReadMemStats(&after)
		got, want := Memory(test.shape, test.cells, test.blocks, 1), float64(after.TotalAlloc-before.TotalAlloc)
		if got < want/2 || got > 2*want {
			t.Errorf("%v, %d blocks: %.3g bytes are expected, %.3g allocated", test.shape, test.blocks, got, want)
		}
		runtime.KeepAlive(s)
	}
	if m := Memory(tensor.Shape{3, 3}, 9, math.MaxInt, 2); !(m > 1e30) || math.IsInf(m, 0) {
		t.Errorf("the largest number of blocks needs %v bytes", m)
	}
}
