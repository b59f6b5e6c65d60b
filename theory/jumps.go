package theory

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"lacuna/dataset"
	"lacuna/figure"
	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// JumpsOptions says in which runs jumps of rank are counted. Zero values mean the defaults given.
type JumpsOptions struct {
	Size     int     // rows and columns d of the matrix; 0 means 8
	Rank     int     // of the matrix; 0 means 2
	Observed float64 // share of its cells; 0 means 0.6
	Layers   int     // L of W = W_L … W_1, all d×d; 0 means 3
	Start    float64 // deviation of the entries of the start; 0 means 0.5
	Decay    float64 // λ; 0 means 0.01
	Rate     float64 // η; 0 means 0.3
	Batch    int     // observed cells a step, where there are batches; 0 means 2
	Noise    float64 // deviation of the noise of labels, where there is some; 0 means 4
	Steps    int     // with noise; 0 means 10,000
	Runs     int     // a kind, each with a matrix, cells and a start of its own; 0 means 200
	Seed     uint64  // of the first run, the next ones counting up; 0 means 1
	Threads  int     // runs at a time; 0 means 1; the result does not depend on it

	// Progress is told after every run how many of all are finished, one call at a time; may be nil.
	Progress func(done, total float64)
}

func (o JumpsOptions) withDefaults() JumpsOptions {
	o.Size, o.Rank, o.Layers = cmp.Or(o.Size, 8), cmp.Or(o.Rank, 2), cmp.Or(o.Layers, 3)
	o.Observed, o.Start, o.Decay = cmp.Or(o.Observed, 0.6), cmp.Or(o.Start, 0.5), cmp.Or(o.Decay, 0.01)
	o.Rate, o.Batch, o.Noise = cmp.Or(o.Rate, 0.3), cmp.Or(o.Batch, 2), cmp.Or(o.Noise, 4)
	o.Steps, o.Runs, o.Seed = cmp.Or(o.Steps, 10_000), cmp.Or(o.Runs, 200), cmp.Or(o.Seed, 1)
	return o
}

// Check returns an error that names what is outside its range.
func (o JumpsOptions) Check() error {
	o = o.withDefaults()
	cells := int(math.Round(o.Observed * float64(o.Size*o.Size)))
	switch {
	case o.Size < 2 || o.Size > 30:
		return fmt.Errorf("size %d: matrices of 2 to 30 rows can be measured", o.Size)
	case o.Rank < 1 || o.Rank > o.Size:
		return fmt.Errorf("rank %d is outside 1 … %d, the size of the matrix", o.Rank, o.Size)
	case !(o.Observed > 0 && o.Observed <= 1):
		return fmt.Errorf("observed %v is outside 0 … 1", o.Observed)
	case o.Layers < 2 || o.Layers > 8:
		return fmt.Errorf("%d layers: from 2 to 8 can be followed", o.Layers)
	case o.Batch < 1 || o.Batch > cells:
		return fmt.Errorf("batch %d is outside 1 … %d, the number of observed cells", o.Batch, cells)
	case o.Steps < jumpRecord || o.Runs < 1:
		return fmt.Errorf("%d steps of %d runs: at least %d steps of 1 run are needed", o.Steps, o.Runs, jumpRecord)
	}
	for _, x := range []float64{o.Start, o.Decay, o.Rate, o.Noise} {
		if !(x > 0) || math.IsInf(x, 0) {
			return fmt.Errorf("start, decay, rate and noise must be above 0 and finite")
		}
	}
	return nil
}

const (
	jumpRecord = 100    // steps between two looks at the rank
	jumpSettle = 30_000 // steps of plain descent before and after the noise
	jumpError  = 0.5    // deviation of an error that every observed cell keeps, over that of the cells
	// A singular value counts from this share of the matrix's largest on. At a minimum with weight decay one is either zero
	// or well above.
	jumpThreshold = 0.005
)

// Stirring is where the noise of a run comes from.
type Stirring string

// The kinds of noise; Still has none and is there for comparison.
const (
	Still      Stirring = "none"
	Batches    Stirring = "batches"
	LabelNoise Stirring = "label-noise"
)

// JumpRun is one run: descent to a minimum, steps with noise, and descent to a minimum again.
type JumpRun struct {
	Stirring Stirring `json:"noise"`
	Seed     uint64   `json:"seed"`
	Before   int      `json:"before"` // rank of the minimum that the noise starts from
	After    int      `json:"after"`  // of the one that descent without noise finds afterwards; −1: it diverged
	Ranks    []int    `json:"ranks"`  // every 100 steps with noise, its start first
	Falls    int      `json:"falls"`  // looks at which the rank was below that of the look before
	Rises    int      `json:"rises"`  // … above
}

// JumpCount is all runs of one kind of noise.
type JumpCount struct {
	Stirring   Stirring `json:"noise"`
	Runs       int      `json:"runs"`
	Fell       int      `json:"fell"`     // runs whose second minimum has a lower rank than the first
	Same       int      `json:"same"`     // … the same
	Rose       int      `json:"rose"`     // … a higher
	Diverged   int      `json:"diverged"` // runs without a second minimum
	Falls      int      `json:"falls"`    // along runs that have one
	Rises      int      `json:"rises"`
	MeanBefore float64  `json:"mean_before"` // rank of the first minimum, of runs that have a second
	MeanAfter  float64  `json:"mean_after"`  // rank of the second
}

// JumpsResult is what CountJumps found.
type JumpsResult struct {
	Options JumpsOptions `json:"-"`
	Counts  []JumpCount  `json:"counts"`
	Runs    []JumpRun    `json:"runs"`
}

// CountJumps counts how often noise takes a deep matrix from a minimum of one rank to one of another. Wang and Jacot (ICLR
// 2024) prove for
//
//	½ mean over observed cells (W − M)² + ½ λ Σ_l ‖W_l‖² ,   W = W_L … W_1 ,
//
// that stochastic descent jumps from minima of higher rank to such of lower rank with positive probability, and with
// probability zero back. A run draws a random matrix of low rank, its observed cells and a start, descends to a minimum,
// follows descent with noise, and descends again: the ranks of the two minima are compared. It returns an error for options
// outside their range, and ctx's error when it is cancelled.
func CountJumps(ctx context.Context, o JumpsOptions) (*JumpsResult, error) {
	if err := o.Check(); err != nil {
		return nil, fmt.Errorf("theory: %w", err)
	}
	o = o.withDefaults()
	r := &JumpsResult{Options: o}
	kinds := []Stirring{Still, Batches, LabelNoise}
	for _, kind := range kinds {
		for i := range o.Runs {
			r.Runs = append(r.Runs, JumpRun{Stirring: kind, Seed: o.Seed + uint64(i)})
		}
	}
	if err := parallel.Each(ctx, o.Threads, o.Runs, func(i int) error {
		n := newStirred(o, o.Seed+uint64(i))
		n.steps(ctx, jumpSettle, Still, nil)
		minimum := slices.Clone(n.theta)
		for k, kind := range kinds {
			copy(n.theta, minimum)
			r.Runs[k*o.Runs+i].fill(ctx, n, kind)
		}
		return nil
	}, told(o.Progress, o.Runs)); err != nil {
		return nil, err
	}
	for k := range kinds {
		r.Counts = append(r.Counts, countJumps(r.Runs[k*o.Runs:][:o.Runs]))
	}
	return r, nil
}

// fill does the part of a run that follows the first minimum, at which n is.
func (r *JumpRun) fill(ctx context.Context, n *stirred, kind Stirring) {
	r.Before = n.rank()
	r.Ranks = append(r.Ranks, r.Before)
	n.steps(ctx, n.o.Steps, kind, func() {
		now, before := n.rank(), r.Ranks[len(r.Ranks)-1]
		switch {
		case now < before:
			r.Falls++
		case now > before:
			r.Rises++
		}
		r.Ranks = append(r.Ranks, now)
	})
	n.steps(ctx, jumpSettle, Still, nil)
	r.After = n.rank()
}

func countJumps(runs []JumpRun) JumpCount {
	c := JumpCount{Stirring: runs[0].Stirring, Runs: len(runs)}
	known := 0
	for _, run := range runs {
		if run.After < 0 {
			c.Diverged++
			continue
		}
		c.Falls, c.Rises = c.Falls+run.Falls, c.Rises+run.Rises
		known++
		c.MeanBefore, c.MeanAfter = c.MeanBefore+float64(run.Before), c.MeanAfter+float64(run.After)
		switch {
		case run.After < run.Before:
			c.Fell++
		case run.After > run.Before:
			c.Rose++
		default:
			c.Same++
		}
	}
	c.MeanBefore, c.MeanAfter = c.MeanBefore/float64(max(1, known)), c.MeanAfter/float64(max(1, known))
	return c
}

// WriteTable writes a line a kind of noise.
func (r *JumpsResult) WriteTable(w io.Writer) error {
	const row = "%-12v  %5v  %6v  %6v  %6v  %9v  %6v  %6v  %11v  %10v\n"
	if _, err := fmt.Fprintf(w, row, "noise", "runs", "fell", "same", "rose", "diverged", "falls", "rises", "mean before",
		"mean after"); err != nil {
		return err
	}
	for _, c := range r.Counts {
		if _, err := fmt.Fprintf(w, row, c.Stirring, c.Runs, c.Fell, c.Same, c.Rose, c.Diverged, c.Falls, c.Rises,
			fmt.Sprintf("%.2f", c.MeanBefore), fmt.Sprintf("%.2f", c.MeanAfter)); err != nil {
			return err
		}
	}
	return nil
}

// Figure draws, against the steps with noise, the mean rank of the runs that did not diverge, and the falls and rises of
// the rank so far, a colour a kind of noise.
func (r *JumpsResult) Figure() *figure.Figure {
	steps := figure.Axis{Label: "steps with noise"}
	ranks := figure.Chart{Title: "mean rank", X: steps, Y: figure.Axis{Label: "singular values that count"}}
	jumps := figure.Chart{
		Title: "jumps so far", X: steps, Y: figure.Axis{Label: "of runs that did not diverge"},
		Note: "solid: falls of the rank; dashed: rises",
	}
	for k, colour := range figure.Distinct(len(r.Counts)) {
		c := r.Counts[k]
		mean := figure.Curve{Name: string(c.Stirring), Colour: colour}
		falls, rises := mean, figure.Curve{Colour: colour, Dash: figure.Dashed}
		down, up := 0, 0
		for at := range r.Options.Steps/jumpRecord + 1 {
			sum, count := 0, 0
			for _, run := range r.Runs[k*c.Runs:][:c.Runs] {
				if run.After < 0 {
					continue
				}
				now := run.Ranks[at]
				sum, count = sum+now, count+1
				switch {
				case at == 0:
				case now < run.Ranks[at-1]:
					down++
				case now > run.Ranks[at-1]:
					up++
				}
			}
			x := float64(at * jumpRecord)
			if count > 0 {
				mean.X, mean.Y = append(mean.X, x), append(mean.Y, float64(sum)/float64(count))
			}
			falls.X, falls.Y = append(falls.X, x), append(falls.Y, float64(down))
			rises.X, rises.Y = append(rises.X, x), append(rises.Y, float64(up))
		}
		ranks.Curves, jumps.Curves = append(ranks.Curves, mean), append(jumps.Curves, falls, rises)
	}
	return &figure.Figure{
		Title:   fmt.Sprintf("Jumps of rank: deep matrix of %d factors, %d runs a kind of noise", r.Options.Layers, r.Options.Runs),
		Columns: 2, Width: 340, Height: 270, Charts: []figure.Chart{ranks, jumps},
	}
}

// stirred is a deep matrix of square factors under descent with weight decay.
type stirred struct {
	o      JumpsOptions
	cells  []int32
	values []float64
	top    float64 // largest singular value of the true matrix
	noise  *rng.Stream

	theta   []float64   // W_1 … W_L, row-major
	ahead   [][]float64 // W_l … W_1, l = 0 … L
	residue [2][]float64
	turned  []float64
}

func newStirred(o JumpsOptions, seed uint64) *stirred {
	d := o.Size
	full := dataset.Synthetic(tensor.Shape{d, d}, o.Rank, 0, seed)
	observed, _ := dataset.Observe(full, dataset.Random, 0, o.Observed, seed)
	top, _ := largest(full.Values, d)
	n := &stirred{
		o: o, values: observed.Values, top: top, noise: rng.New(seed, "jumps"),
		theta: make([]float64, o.Layers*d*d), ahead: [][]float64{linalg.Identity(d)},
		residue: [2][]float64{make([]float64, d*d), make([]float64, d*d)}, turned: make([]float64, d*d),
	}
	for range o.Layers {
		n.ahead = append(n.ahead, make([]float64, d*d))
	}
	for c := range n.values {
		n.cells = append(n.cells, observed.Index[0][c]*int32(d)+observed.Index[1][c])
	}
	// Of the matrix's scale nothing should depend: it is that of entries of variance 1.
	scale := 1 / math.Sqrt(full.MeanSquare())
	linalg.Scale(n.values, scale)
	n.top *= scale
	for c := range n.values {
		n.values[c] += float64(jumpError * n.noise.NormFloat64())
	}
	start := rng.New(seed, "start")
	for i := range n.theta {
		n.theta[i] = o.Start * start.NormFloat64()
	}
	return n
}

// steps follows descent, telling look after every jumpRecord steps. It stops where the parameters are finite no more.
func (n *stirred) steps(ctx context.Context, steps int, kind Stirring, look func()) {
	all := make([]int, len(n.cells))
	for c := range all {
		all[c] = c
	}
	chosen := make([]int, n.o.Batch)
	labels := slices.Clone(n.values)
	for s := range steps {
		batch := all
		switch kind {
		case Batches:
			for i := range chosen {
				chosen[i] = n.noise.IntN(len(all))
			}
			batch = chosen
		case LabelNoise:
			for c, value := range n.values {
				labels[c] = value + float64(n.o.Noise*n.noise.NormFloat64())
			}
		}
		n.step(batch, labels)
		if look != nil && (s+1)%jumpRecord == 0 {
			look()
			if ctx.Err() != nil {
				return
			}
		}
	}
}

// step moves the factors by one step of descent on the mean over some cells.
func (n *stirred) step(batch []int, labels []float64) {
	d := n.o.Size
	n.multiply()
	back, next := n.residue[0], n.residue[1]
	clear(back)
	for _, c := range batch {
		at := n.cells[c]
		back[at] += (n.ahead[n.o.Layers][at] - labels[c]) / float64(len(batch))
	}
	keep := 1 - float64(n.o.Rate*n.o.Decay)
	for l := n.o.Layers - 1; l >= 0; l-- {
		w := n.factor(l)
		transposed(n.turned, w, -1, d)
		subtractProduct(next, n.turned, back, 0, d)
		transposed(n.turned, n.ahead[l], 1, d)
		linalg.Scale(back, n.o.Rate)
		subtractProduct(w, back, n.turned, keep, d)
		back, next = next, back
	}
}

func (n *stirred) factor(l int) []float64 { return n.theta[l*n.o.Size*n.o.Size:][:n.o.Size*n.o.Size] }

// multiply sets all products of factors.
func (n *stirred) multiply() {
	for l := range n.o.Layers {
		for i, x := range n.factor(l) {
			n.turned[i] = -x
		}
		subtractProduct(n.ahead[l+1], n.turned, n.ahead[l], 0, n.o.Size)
	}
}

// transposed sets out to s times the transpose of a d×d matrix.
func transposed(out, a []float64, s float64, d int) {
	for i := range d {
		for j, x := range a[i*d:][:d] {
			out[j*d+i] = s * x
		}
	}
}

// subtractProduct sets C to keep C − A B, all d×d.
func subtractProduct(c, a, b []float64, keep float64, d int) {
	if keep == 0 {
		clear(c) // of a run that diverged, too
	} else {
		linalg.Scale(c, keep)
	}
	kernel.GemmSub(c, a, b, d, d, d, d, d, d)
}

// rank is the number of singular values of W that count; −1 if they are finite no more.
func (n *stirred) rank() int {
	d := n.o.Size
	n.multiply()
	w := n.ahead[n.o.Layers]
	if x := linalg.Norm2(w); math.IsNaN(x) || math.IsInf(x, 0) {
		return -1
	}
	values, _ := linalg.Eigen(linalg.Multiply(linalg.Transpose(w, d, d), w, d, d, d), d)
	rank := 0
	for _, value := range values {
		if least := jumpThreshold * n.top; value > float64(least*least) {
			rank++
		}
	}
	return rank
}
