// Package bench measures how fast lacuna is, beside what the machine can do.
package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"lacuna/internal/contraction"
	"lacuna/internal/kernel"
	"lacuna/internal/parallel"
	"lacuna/internal/rng"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// GradientOptions says what Gradient measures and how it prints.
type GradientOptions struct {
	JSON    bool                 // an array of GradientResult instead of a table
	Threads []int                // numbers of threads; nil means 1 and 2
	Depths  []int                // depths at the paper's size; nil means 0 … 5
	DTypes  []string             // "float64", "float32"; nil means both
	Case    string               // "paper" or "sparse"; "" means both
	Large   bool                 // instead, a sparse tensor of 10⁵, 10⁶ and 10⁷ cells
	Each    time.Duration        // time spent on a measurement; 0 means 300 ms
	Done    func(cases, all int) // called after every case, if not nil
}

// GradientResult is one measurement: the median of as many evaluations as fit the time.
type GradientResult struct {
	Case string `json:"case"` // "paper" or "sparse"
	// Work is "gradient"; "step" and "step128", a whole step of gradient descent on all cells and on 128 of them; or
	// "adam" and "adam128", one of Adam.
	Work         string  `json:"work"`
	Shape        []int   `json:"shape"`
	Observed     int     `json:"observed"` // cells
	Blocks       int     `json:"blocks"`
	Depth        int     `json:"depth"`
	DType        string  `json:"dtype"`
	Threads      int     `json:"threads"`
	Milliseconds float64 `json:"milliseconds"`
	GFLOPS       float64 `json:"gflops"`
	GBytes       float64 `json:"gbytes_per_second"`
	Roofline     float64 `json:"roofline_share"` // the larger of FLOPs/peak and bytes/bandwidth, over the time
	PeakGFLOPS   float64 `json:"peak_gflops"`
	PeakGBytes   float64 `json:"peak_gbytes_per_second"`
	// CellBytes is memory held by the model, beyond its parameters and the observed cells themselves.
	CellBytes float64 `json:"bytes_per_cell"`
}

// Gradient times a gradient, a whole step of descent and of Adam, on all cells and on 128 of them (if o.Large, no Adam and no 128): at the paper's size (10×10×10×10, 2,000 observed, 500 blocks) by
// depth, and for 1000×1000×1000 with 200,000 observed cells and 64 blocks; or, if o.Large, for 100,000×50,000×1,000
// with 10⁵, 10⁶ and 10⁷ observed cells and 16 blocks. Floating-point operations are those that the plan needs,
// fused multiply–adds counting two. Bytes are those that must cross the cache: the parameters, read forward and read
// backward by a gradient, read and written once by a step; and the rows of the factors that a sparse tensor's cells
// touch. Peaks are measured beside each case: multiply–adds on registers, and reading and writing an array as large as
// the parameters. It returns the context's error when interrupted.
func Gradient(ctx context.Context, w io.Writer, o GradientOptions) error {
	if o.Threads == nil {
		o.Threads = []int{1, 2}
	}
	if o.Depths == nil {
		o.Depths = []int{0, 1, 2, 3, 4, 5}
	}
	if o.Each == 0 {
		o.Each = 300 * time.Millisecond
	}
	if o.DTypes == nil {
		o.DTypes = []string{"float64", "float32"}
	}
	var cases []problem
	if o.Large {
		for _, cells := range []int{100_000, 1_000_000, 10_000_000} {
			cases = append(cases, problem{"large", tensor.Shape{100_000, 50_000, 1_000}, cells, 16, 0})
		}
	} else {
		for _, depth := range o.Depths {
			cases = append(cases, problem{"paper", tensor.Shape{10, 10, 10, 10}, 2000, 500, depth})
		}
		cases = append(cases, problem{"sparse", tensor.Shape{1000, 1000, 1000}, 200_000, 64, 0})
		cases = slices.DeleteFunc(cases, func(p problem) bool { return o.Case != "" && p.name != o.Case })
	}
	if !o.JSON {
		header := "case       cells  depth  dtype    work      threads        ms  GFLOP/s    GB/s  share of roofline"
		if o.Large {
			header += "  bytes a cell"
		}
		fmt.Fprintln(w, header)
	}
	var results []GradientResult
	done := 0
	for _, c := range cases {
		observed, err := c.observed()
		if err != nil {
			return err
		}
		for _, dtype := range o.DTypes {
			one := measure[float64]
			if dtype == "float32" {
				one = measure[float32]
			}
			for _, threads := range o.Threads {
				more, err := one(ctx, &c, observed, threads, o.Each)
				if err != nil {
					return err
				}
				results = append(results, more...)
				if !o.JSON {
					for _, r := range more {
						fmt.Fprintf(w, "%-7s %8d  %5d  %s  %-8s %8d %9.3f %8.1f %7.1f %17.0f%%",
							r.Case, r.Observed, r.Depth, r.DType, r.Work, r.Threads, r.Milliseconds, r.GFLOPS, r.GBytes, 100*r.Roofline)
						if o.Large {
							fmt.Fprintf(w, " %13.1f", r.CellBytes)
						}
						fmt.Fprintln(w)
					}
				}
				if done++; o.Done != nil {
					o.Done(done, len(cases)*len(o.DTypes)*len(o.Threads))
				}
			}
		}
	}
	if o.JSON {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(results)
	}
	return nil
}

type problem struct {
	name   string
	shape  tensor.Shape
	cells  int
	blocks int
	depth  int
}

// observed draws distinct cells with normal values.
func (p *problem) observed() (*tensor.Observed, error) {
	stream := rng.New(1, "bench "+p.name)
	limit := int64(p.shape.Cells())
	seen := make(map[int64]bool, p.cells)
	keys := make([]int64, 0, p.cells)
	for len(keys) < p.cells {
		if key := stream.Int64N(limit); !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	index := make([][]int32, p.shape.Order())
	for n := range index {
		index[n] = make([]int32, p.cells)
	}
	values := make([]float64, p.cells)
	for c, key := range keys {
		for n := p.shape.Order() - 1; n >= 0; n-- {
			index[n][c] = int32(key % int64(p.shape[n]))
			key /= int64(p.shape[n])
		}
		values[c] = stream.NormFloat64()
	}
	return tensor.NewObserved(tensor.NumberedModes(p.shape), index, values)
}

func measure[T kernel.Float](
	ctx context.Context, p *problem, observed *tensor.Observed, threads int, each time.Duration,
) ([]GradientResult, error) {
	var number T
	size := float64(unsafe.Sizeof(number))
	before := heap()
	config := model.Config{Blocks: p.blocks, Depths: []int{p.depth}, Threads: threads}
	chains, err := model.NewAnyChains(model.DType(fmt.Sprintf("%T", number)), observed, loss.Square, config)
	if err != nil {
		return nil, err
	}
	if err := chains.Draw(model.StartConfig{SigmaW: 0.1, SigmaA: 0.1, Seed: 1}); err != nil {
		return nil, err
	}
	const rate = 1e-9
	chains.Gradient(0, nil)
	gradient, err := median(ctx, each, func() { chains.Gradient(0, nil) })
	if err != nil {
		return nil, err
	}
	chains.Descend(rate)
	step, err := median(ctx, each, func() { chains.Descend(rate) })
	if err != nil {
		return nil, err
	}
	parameters := float64(chains.Parameters())
	held := heap() - before - float64(size*parameters)
	var adam, adamSampled, stepSampled float64
	if p.name != "large" {
		if stepSampled, err = sampledStep(ctx, each, chains, model.Rule{Rate: rate, Keep: 1}); err != nil {
			return nil, err
		}
		if adam, adamSampled, err = adamSteps(ctx, each, chains); err != nil {
			return nil, err
		}
	}
	flops, bandwidth := peakFlops[T](threads), peakBandwidth[T](threads, chains.Parameters())
	// Of a chain, A x and Aᵀ y are two multiply–adds a parameter; adding y xᵀ is a third.
	matrices := parameters - float64(p.blocks*sum(p.shape))
	work, moved := contraction.Work[T](p.shape, observed.Len(), p.blocks)
	moved += float64(2 * size * parameters)
	result := func(name string, seconds, operations, bytes float64) GradientResult {
		return GradientResult{
			Case: p.name, Work: name, Shape: p.shape, Observed: observed.Len(), Blocks: p.blocks, Depth: p.depth,
			DType: fmt.Sprintf("%T", number), Threads: threads, Milliseconds: 1e3 * seconds,
			GFLOPS: 1e-9 * operations / seconds, GBytes: 1e-9 * bytes / seconds,
			Roofline:   max(operations/flops, bytes/bandwidth) / seconds,
			PeakGFLOPS: 1e-9 * flops, PeakGBytes: 1e-9 * bandwidth,
			CellBytes: held / float64(observed.Len()),
		}
	}
	runtime.KeepAlive(chains)
	results := []GradientResult{
		result("gradient", gradient, work+float64(4*matrices), moved),
		result("step", step, work+float64(4*matrices)+float64(2*parameters), moved),
	}
	if p.name != "large" {
		// Of a parameter 18 operations, a quotient and a root counting as one each; θ, m and s are read and written.
		update, more := float64(4*matrices)+float64(18*parameters), float64(4*size*parameters)
		few := float64(float64(batch) * float64(p.blocks*(4*len(p.shape))))
		results = append(results,
			result(fmt.Sprint("step", batch), stepSampled, few+float64(4*matrices)+float64(2*parameters), 2*size*parameters),
			result("adam", adam, work+update, moved+more),
			result(fmt.Sprint("adam", batch), adamSampled, few+update, 6*size*parameters))
	}
	return results, nil
}

// batch is how many observed cells a step takes, beside one that takes all.
const batch = 128

// adamSteps times a step of Adam on all cells, and one on a batch.
func adamSteps(ctx context.Context, each time.Duration, chains model.AnyChains) (all, sampled float64, err error) {
	rule := model.Rule{
		Averages: 2, Rate: 1e-9, Keep: 1, First: 0.9, New: 0.1, Second: 0.999, NewSquare: 0.001, Scale: 1, Floor: 1e-8,
	}
	if err := chains.Remember(rule.Averages); err != nil {
		return 0, 0, err
	}
	chains.Sample(nil, nil)
	if all, err = median(ctx, each, func() {
		chains.Update(rule)
		chains.Sample(nil, nil)
	}); err != nil {
		return 0, 0, err
	}
	sampled, err = sampledStep(ctx, each, chains, rule)
	return all, sampled, err
}

// sampledStep times a step of a rule on a batch.
func sampledStep(ctx context.Context, each time.Duration, chains model.AnyChains, rule model.Rule) (float64, error) {
	cells := make([]int32, batch)
	for i := range cells {
		cells[i] = int32(7 * i) // every observed table here has more cells
	}
	chains.Sample(cells, nil)
	return median(ctx, each, func() {
		chains.Update(rule)
		chains.Sample(cells, nil)
	})
}

// heap is the number of bytes in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// median runs work for a while, at least 5 times, and returns the median time of a run in seconds.
func median(ctx context.Context, each time.Duration, work func()) (float64, error) {
	var times []float64
	for start := time.Now(); len(times) < 5 || time.Since(start) < each; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		before := time.Now()
		work()
		times = append(times, time.Since(before).Seconds())
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// best is the shortest of several runs on all threads at once, in seconds: a peak is what nothing disturbs.
func best(threads int, work func(thread int)) float64 {
	shortest := time.Hour
	for range 30 {
		before := time.Now()
		parallel.For(threads, threads, work)
		shortest = min(shortest, time.Since(before))
	}
	return shortest.Seconds()
}

// peakFlops is how many floating-point operations the threads do in a second on registers.
func peakFlops[T kernel.Float](threads int) float64 {
	const times = 20_000
	return float64(threads) * kernel.MultiplyAddFlops * times / best(threads, func(int) { kernel.MultiplyAdds[T](times) })
}

// peakBandwidth is how many bytes the threads move in a second, reading and writing n numbers in place.
func peakBandwidth[T kernel.Float](threads, n int) float64 {
	const chunk = 1024
	n = max(n/(chunk*threads), 1) * chunk
	s := [kernel.Lanes]T{}
	zeros := kernel.Make[T](chunk)
	arrays := make([][]T, threads)
	for i := range arrays {
		arrays[i] = kernel.Make[T](n)
		for j := range arrays[i] {
			arrays[i][j] = 1
		}
	}
	rounds := max(1, 1<<20/n)
	return 2 * float64(unsafe.Sizeof(s[0])) * float64(n*threads*rounds) / best(threads, func(thread int) {
		for range rounds {
			for i := 0; i < n; i += chunk {
				kernel.Axpy(arrays[thread][i:], &s, zeros, chunk/kernel.Lanes)
			}
		}
	})
}

func sum(shape tensor.Shape) int {
	total := 0
	for _, d := range shape {
		total += d
	}
	return total
}
