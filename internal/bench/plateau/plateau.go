// Package plateau measures how the gradient flow is followed through its plateaus, from the paper's starts to
// convergence: how many gradients it takes, where the run ends, and whether it recovers the tensor.
package plateau

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"lacuna/dataset"
	"lacuna/experiment"
	"lacuna/flow"
	"lacuna/internal/parallel"
	"lacuna/tensor"
)

// Options of Run. Zero values mean the defaults given.
type Options struct {
	// Data is a directory with files synthetic_*.csv or .csv.gz and mask columns; "" generates the paper's tensor with
	// seeds 1 … 5.
	Data       string
	Observed   []float64 // observed shares; 0.2
	Depths     []int     // 0 … 5
	Sigmas     []Sigma   // (0.01, 0.1) and (0.01, 0.01)
	StartSeeds []uint64  // 1, 2, 3
	Blocks     int       // 500
	Tolerances []float64 // 1e-2
	Threads    int       // runs at a time; 1
	Each       func(done, all int, r Result)
}

// Sigma is the scale of a start.
type Sigma struct{ W, A float64 }

// Result is one run.
type Result struct {
	Data           string    `json:"data"`
	Observed       float64   `json:"observed"`
	Depth          int       `json:"depth"`
	SigmaW         float64   `json:"sigma_w"`
	SigmaA         float64   `json:"sigma_a"`
	StartSeed      uint64    `json:"start_seed"`
	Blocks         int       `json:"blocks"`
	Tolerance      float64   `json:"tolerance"`
	Evaluations    int       `json:"evaluations"`
	Rejected       int       `json:"rejected_steps"`
	Seconds        float64   `json:"seconds"`
	FlowTime       float64   `json:"flow_time"`
	Status         string    `json:"status"`
	TrainMSE       float64   `json:"train_mse"`
	TestMSE        float64   `json:"test_mse"`
	EffectiveRank  int       `json:"effective_rank"`
	EmergenceTimes []float64 `json:"emergence_times"`
}

func (o Options) withDefaults() Options {
	if len(o.Observed) == 0 {
		o.Observed = []float64{0.2}
	}
	if len(o.Depths) == 0 {
		o.Depths = []int{0, 1, 2, 3, 4, 5}
	}
	if len(o.Sigmas) == 0 {
		o.Sigmas = []Sigma{{0.01, 0.1}, {0.01, 0.01}}
	}
	if len(o.StartSeeds) == 0 {
		o.StartSeeds = []uint64{1, 2, 3}
	}
	if o.Blocks == 0 {
		o.Blocks = 500
	}
	if len(o.Tolerances) == 0 {
		o.Tolerances = []float64{1e-2}
	}
	o.Threads = max(1, o.Threads)
	return o
}

type problem struct {
	name           string
	share          float64
	observed, held *tensor.Observed
}

func (o Options) problems() ([]problem, error) {
	var problems []problem
	for _, share := range o.Observed {
		if o.Data == "" {
			for seed := uint64(1); seed <= 5; seed++ {
				cells := dataset.Synthetic(tensor.Shape{10, 10, 10, 10}, 5, 0, seed)
				observed, held := dataset.Observe(cells, dataset.Random, -1, share, seed)
				problems = append(problems, problem{fmt.Sprintf("generated_%d", seed), share, observed, held})
			}
			continue
		}
		files, err := filepath.Glob(filepath.Join(o.Data, "synthetic_*.csv*"))
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("bench flow: %s holds no synthetic_*.csv or .csv.gz: "+
				"give the folder of the development data, or none for generated tensors", o.Data)
		}
		slices.Sort(files)
		for _, file := range files {
			observed, held, err := dataset.Masked(file, "u1", share)
			if err != nil {
				return nil, err
			}
			name, _, _ := strings.Cut(filepath.Base(file), ".")
			problems = append(problems, problem{name, share, observed, held})
		}
	}
	return problems, nil
}

// Run makes every run of the grid and returns the results in the grid's order. A cancelled context ends it with the
// results so far and the context's error.
func Run(ctx context.Context, o Options) ([]Result, error) {
	o = o.withDefaults()
	problems, err := o.problems()
	if err != nil {
		return nil, err
	}
	var grid []Result
	var of []problem
	for _, p := range problems {
		for _, sigma := range o.Sigmas {
			for _, depth := range o.Depths {
				for _, seed := range o.StartSeeds {
					for _, tolerance := range o.Tolerances {
						grid = append(grid, Result{
							Data: p.name, Observed: p.share, Depth: depth, SigmaW: sigma.W, SigmaA: sigma.A,
							StartSeed: seed, Blocks: o.Blocks, Tolerance: tolerance,
						})
						of = append(of, p)
					}
				}
			}
		}
	}
	finished := make([]bool, len(grid))
	err = parallel.Each(ctx, o.Threads, len(grid), func(i int) error { return one(ctx, of[i], &grid[i]) }, func(done, i int) {
		finished[i] = true
		if o.Each != nil {
			o.Each(done, len(grid), grid[i])
		}
	})
	var results []Result
	for i, r := range grid {
		if finished[i] {
			results = append(results, r)
		}
	}
	return results, err
}

func one(ctx context.Context, p problem, r *Result) error {
	run, err := experiment.New(experiment.Settings{
		Blocks: r.Blocks, Depth: experiment.Depths{float64(r.Depth)}, SigmaW: experiment.Number(r.SigmaW),
		SigmaA: experiment.Number(r.SigmaA), Seed: r.StartSeed, Tolerance: experiment.Number(r.Tolerance),
	}, experiment.Cells{Train: p.observed, Test: p.held})
	if err != nil {
		return err
	}
	result := run.Follow(ctx, nil)
	if result.Status == flow.Interrupted {
		return ctx.Err()
	}
	r.Evaluations, r.Rejected, r.Seconds = result.Evaluations, result.Rejected, result.Wall.Seconds()
	r.FlowTime, r.Status, r.TrainMSE, r.EffectiveRank = result.Time, string(result.Status), result.MSE, result.Rank
	r.EmergenceTimes, r.TestMSE = result.EmergenceTimes(), run.Outcome().TestMSE
	return nil
}

// Recovered reports whether a run found the tensor: rank 5 and an error on the held-out cells below 1e-12.
func (r Result) Recovered() bool { return r.EffectiveRank == 5 && r.TestMSE < 1e-12 }

// Ended reports whether a run came to an end of the flow: the data fitted, a stationary point, or a runaway.
func (r Result) Ended() bool {
	switch flow.Status(r.Status) {
	case flow.Converged, flow.Equilibrium, flow.Runaway:
		return true
	}
	return false
}

// Table writes one line a setting: depth × start × tolerance, over data sets and start seeds.
func Table(w io.Writer, results []Result) error {
	type key struct {
		observed, sigmaA, tolerance float64
		depth                       int
	}
	groups := map[key][]Result{}
	var keys []key
	for _, r := range results {
		k := key{r.Observed, r.SigmaA, r.Tolerance, r.Depth}
		if groups[k] == nil {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], r)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.observed, b.observed), cmp.Compare(b.sigmaA, a.sigmaA), a.depth-b.depth,
			cmp.Compare(b.tolerance, a.tolerance))
	})
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "observed\tσ_A\tdepth\ttolerance\truns\tfitted\tstationary\trunaway\tother\trecovered\tevaluations\t"+
		"of recovered\tseconds\tflow time\trank\tbest test MSE\t")
	for _, k := range keys {
		group := groups[k]
		counts := map[string]int{}
		recovered, best := 0, math.Inf(1)
		var evaluations, ofRecovered, seconds, times, ranks []float64
		for _, r := range group {
			counts[r.Status]++
			if !r.Ended() {
				counts["other"]++
			}
			if r.Recovered() {
				recovered++
				ofRecovered = append(ofRecovered, float64(r.Evaluations))
			}
			best = math.Min(best, r.TestMSE)
			evaluations, seconds = append(evaluations, float64(r.Evaluations)), append(seconds, r.Seconds)
			times, ranks = append(times, r.FlowTime), append(ranks, float64(r.EffectiveRank))
		}
		fmt.Fprintf(t, "%g\t%g\t%d\t%g\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%.2f\t%.1e\t%.0f–%.0f\t%.1e\t\n",
			k.observed, k.sigmaA, k.depth, k.tolerance, len(group),
			counts[string(flow.Converged)], counts[string(flow.Equilibrium)], counts[string(flow.Runaway)], counts["other"],
			recovered,
			spread(evaluations), spread(ofRecovered), quantile(seconds, 0.5), quantile(times, 0.5),
			quantile(ranks, 0), quantile(ranks, 1), best)
	}
	return t.Flush()
}

// spread writes the median and the largest.
func spread(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f (≤ %.0f)", quantile(values, 0.5), quantile(values, 1))
}

func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(math.Round(q*float64(len(sorted)-1)))]
}
