// Package scale measures how accuracy, time and memory of a completion grow with the number of known cells.
package scale

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"

	"lacuna"
	"lacuna/dataset"
	"lacuna/internal/bench/cputime"
	"lacuna/tensor"
)

// Options of Run.
type Options struct {
	Shape    tensor.Shape   // default 1000 × 500 × 100
	Rank     int            // default 8
	Noise    float64        // over the deviation of the tensor; default 0.3
	Cells    []int          // known ones of every table; default 10⁵, 3·10⁵, 10⁶
	Gaps     int            // of every table; default 20,000
	Seed     uint64         // of the tables; default 1
	Complete lacuna.Options // default: the defaults

	Each func(Result) // called after every table
}

// Result is one table.
type Result struct {
	Cells         int     `json:"cells"` // known ones
	NRMSE         float64 `json:"nrmse"` // of the gaps to the values without noise, over the deviation of these
	Floor         float64 `json:"floor"` // noise · √(degrees of freedom / cells)
	Claimed       float64 `json:"claimed_nrmse"`
	Blocks        []int   `json:"blocks"`
	Seconds       float64 `json:"seconds"`        // of the completion
	CPU           float64 `json:"cpu_seconds"`    // of all threads; 0 where the system does not tell
	FillSeconds   float64 `json:"fill_seconds"`   // of the gaps' values, once it is made
	BytesPerCell  float64 `json:"bytes_per_cell"` // that the heap holds beyond the table when most is in use
	MeasuredNoise float64 `json:"measured_nrmse"` // on held-out cells, noise included
}

func (o *Options) defaults() {
	if o.Shape == nil {
		o.Shape = tensor.Shape{1000, 500, 100}
	}
	if o.Rank == 0 {
		o.Rank = 8
	}
	if o.Noise == 0 {
		o.Noise = 0.3
	}
	if o.Cells == nil {
		o.Cells = []int{100_000, 300_000, 1_000_000}
	}
	if o.Gaps == 0 {
		o.Gaps = 20_000
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
}

// Run completes a table of every size. When ctx ends, the results so far and its error are returned.
func Run(ctx context.Context, o Options) (results []Result, err error) {
	o.defaults()
	for _, cells := range o.Cells {
		if float64(cells+o.Gaps) > float64(o.Shape.Cells()) {
			return results, fmt.Errorf("%d known cells and %d gaps are more than a tensor of shape %v has", cells, o.Gaps, o.Shape)
		}
	}
	for _, cells := range o.Cells {
		r, err := o.measure(ctx, cells)
		if err != nil {
			return results, err
		}
		results = append(results, r)
		if o.Each != nil {
			o.Each(r)
		}
	}
	return results, nil
}

func (o *Options) measure(ctx context.Context, cells int) (Result, error) {
	table := dataset.SparseOptions{
		Shape: o.Shape, Rank: o.Rank, Noise: o.Noise, Known: cells, Gaps: o.Gaps, Seed: o.Seed,
	}
	known, gaps, clean := dataset.Sparse(table).Split()
	runtime.GC()
	heap := watchHeap()
	options := o.Complete
	options.Fill = gaps.Index
	begun, used := time.Now(), cputime.Seconds()
	c, err := lacuna.Complete(ctx, known, options)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return Result{}, err
	}
	r := Result{
		Cells: cells, Floor: table.Floor(), Claimed: c.FilledNRMSE, Blocks: c.Settings.Blocks, MeasuredNoise: c.HeldOutNRMSE,
		Seconds: time.Since(begun).Seconds(), CPU: cputime.Seconds() - used, BytesPerCell: heap() / float64(cells),
	}
	begun = time.Now()
	value := make([]float64, gaps.Len())
	c.AtAll(gaps.Index, value, nil)
	r.FillSeconds = time.Since(begun).Seconds()
	var sum float64
	for k, v := range value {
		sum += float64((v - clean[k]) * (v - clean[k]))
	}
	_, deviation := tensor.Moments(clean)
	r.NRMSE = math.Sqrt(sum/float64(len(clean))) / deviation
	return r, nil
}

// watchHeap looks at the heap until its result is called, which tells by how many bytes it has grown at most.
func watchHeap() (grown func() float64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	begin, most := m.HeapAlloc, m.HeapAlloc
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
	}()
	return func() float64 {
		close(quit)
		<-done
		return float64(most - begin)
	}
}
