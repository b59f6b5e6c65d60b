// Package gaps measures how well cells are filled, and how true the claimed errors are, where the gaps of known tables
// have the shapes of real ones: a variable that a station lacks, a station that was closed, a month in which nobody
// measured, values that are missing because they are large.
package gaps

import (
	"context"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"time"

	"lacuna"
)

// Options of Run. Every result is made with the same options of lacuna.Complete.
type Options struct {
	Data     string         // directory with the data sets and peers_gaps.csv
	Datasets []string       // default: every one that peers_gaps.csv names, in its order
	Shapes   []string       // default: Shapes()
	Seeds    []uint64       // of the hidden cells; default: 1, 2, 3
	Complete lacuna.Options // default: the defaults

	Each func(done, all int, r Result) // called after every run
}

// Result is one run: a data set with gaps of a shape. A claim or ratio that is not known is 0, and absent from JSON.
type Result struct {
	Dataset string `json:"dataset"`
	Shape   string `json:"shape"`
	Seed    uint64 `json:"seed"` // of the hidden cells
	Hidden  int    `json:"hidden"`

	NRMSE           float64 `json:"nrmse"`                       // over the hidden deviation, both standardised
	RMSE            float64 `json:"rmse"`                        // in the data's units
	ClaimedRMSE     float64 `json:"claimed_rmse,omitempty"`      // what the completion itself expected RMSE to be
	TrueOverClaimed float64 `json:"true_over_claimed,omitempty"` // RMSE / ClaimedRMSE
	Coverage90      float64 `json:"coverage90"`                  // share of the hidden cells in their 90 % interval
	FiniteIntervals float64 `json:"finite_intervals"`            // share of the hidden cells with such an interval
	Seconds         float64 `json:"seconds"`

	Simple     map[string]float64 `json:"simple"` // NRMSE of simple methods: computed here, or of peers_gaps.csv
	BestSimple string             `json:"best_simple"`
	Ratio      float64            `json:"ratio,omitempty"`    // NRMSE over that of the best simple method
	First      *First             `json:"lacuna_1,omitempty"` // what the first version of lacuna reached
}

// First is what the first version of lacuna reached with the same gaps.
type First struct {
	NRMSE           float64 `json:"nrmse"`
	TrueOverClaimed float64 `json:"true_over_claimed"`
	Coverage90      float64 `json:"coverage90"`
}

// claimedRMSE is what a completion expects the RMSE over the filled cells to be, in the data's units.
func claimedRMSE(c *lacuna.Completion) float64 { return c.FilledRMSE }

// Run fills every data set with gaps of every shape, once for every seed. It hides the cells that the Python program
// hid from which peers_gaps.csv has its figures. When ctx ends, the results so far and its error are returned.
func Run(ctx context.Context, o Options) ([]Result, error) {
	peers, err := loadPeers(filepath.Join(o.Data, "peers_gaps.csv"))
	if err != nil {
		return nil, err
	}
	if len(o.Shapes) == 0 {
		o.Shapes = Shapes()
	}
	if len(o.Seeds) == 0 {
		o.Seeds = []uint64{1, 2, 3}
	}
	if len(o.Datasets) == 0 {
		for _, p := range peers {
			if !slices.Contains(o.Datasets, p.dataset) {
				o.Datasets = append(o.Datasets, p.dataset)
			}
		}
	}
	all := len(o.Datasets) * len(o.Shapes) * len(o.Seeds)
	var results []Result
	for _, name := range o.Datasets {
		t, err := load(o.Data, name)
		if err != nil {
			return results, err
		}
		for _, shape := range o.Shapes {
			for _, seed := range o.Seeds {
				r, err := t.measure(ctx, shape, seed, o.Complete)
				if err != nil {
					return results, err
				}
				r.compare(peers)
				results = append(results, r)
				if o.Each != nil {
					o.Each(len(results), all, r)
				}
			}
		}
	}
	return results, nil
}

// measure hides cells, fills them from the others, and compares.
func (t *table) measure(ctx context.Context, shape string, seed uint64, o lacuna.Options) (Result, error) {
	hidden, err := t.hide(shape, seed)
	if err != nil {
		return Result{}, err
	}
	s := newScore(t, hidden)
	if !(s.spread > 0) {
		return Result{}, fmt.Errorf("%s, shape %s, seed %d: the hidden values are all alike", t.name, shape, seed)
	}
	observed, held := t.cells.Partition(func(c int) bool { return !hidden[t.row[c]] })
	begun := time.Now()
	o.Fill = held.Index
	c, err := lacuna.Complete(ctx, observed, o)
	seconds := time.Since(begun).Seconds()
	if err == nil {
		err = ctx.Err() // a completion that was cut short is no result
	}
	if err != nil {
		return Result{}, fmt.Errorf("%s, shape %s, seed %d: %w", t.name, shape, seed, err)
	}
	r := Result{
		Dataset: t.name, Shape: shape, Seed: seed, Hidden: held.Len(), Simple: s.simple(), Seconds: seconds,
	}
	fit := make([]float64, len(t.value))
	var squares, covered, finite float64
	for k, row := range t.row {
		if !hidden[row] {
			continue
		}
		cell, value := t.cells.Cell(k), t.value[row]
		fit[row], _ = c.At(cell)
		squares += float64((fit[row] - value) * (fit[row] - value))
		low, high := c.Interval(cell, 0.9)
		if low <= value && value <= high {
			covered++
		}
		if isFinite(high - low) {
			finite++
		}
	}
	count := float64(held.Len())
	r.NRMSE = s.nrmse(func(row int) float64 { return (fit[row] - s.mean[row]) / s.scale[row] })
	r.RMSE = math.Sqrt(squares / count)
	r.Coverage90, r.FiniteIntervals = covered/count, finite/count
	if claimed := claimedRMSE(c); claimed > 0 && isFinite(claimed) {
		r.ClaimedRMSE, r.TrueOverClaimed = claimed, r.RMSE/claimed
	}
	return r, nil
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// compare adds what other methods reached with the same gaps.
func (r *Result) compare(peers []peer) {
	for _, p := range peers {
		switch {
		case p.dataset != r.Dataset || p.shape != r.Shape || p.seed != r.Seed:
		case p.method == firstVersion:
			r.First = &First{p.nrmse, p.trueOverClaimed, p.coverage90}
		default:
			if _, computed := r.Simple[p.method]; !computed {
				r.Simple[p.method] = p.nrmse
			}
		}
	}
	for _, method := range slices.Sorted(maps.Keys(r.Simple)) {
		if r.BestSimple == "" || r.Simple[method] < r.Simple[r.BestSimple] {
			r.BestSimple = method
		}
	}
	if best := r.Simple[r.BestSimple]; best > 0 {
		r.Ratio = r.NRMSE / best
	}
}
