// Package accuracy measures how well held-out cells are filled, beside the scores of other methods.
package accuracy

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lacuna"
	"lacuna/dataset"
	"lacuna/tensor"
)

// Result is the outcome of one cell: a data set under one mask at one observed share.
type Result struct {
	Dataset       string  `json:"dataset"`
	Observed      float64 `json:"observed"`
	Mask          string  `json:"mask"`
	Cells         int     `json:"cells"` // observed
	NRMSE         float64 `json:"nrmse"`
	MSE           float64 `json:"mse"`                   // in standardised units
	BestMethod    string  `json:"best_method,omitempty"` // of the peers in this cell
	BestNRMSE     float64 `json:"best_nrmse,omitempty"`
	Ratio         float64 `json:"ratio,omitempty"` // NRMSE / BestNRMSE
	BGCP          float64 `json:"bgcp_nrmse,omitempty"`
	Coverage90    float64 `json:"coverage90"`     // share of the held-out cells inside their 90 % interval
	HeldOutNRMSE  float64 `json:"held_out_nrmse"` // what the completion itself expected
	EffectiveRank int     `json:"effective_rank"`
	Seconds       float64 `json:"seconds"`
}

// Options of Run. Every result is made with the same options of lacuna.Complete.
type Options struct {
	Data     string         // directory with the data sets and peers.csv
	Datasets []string       // default: every data set that peers.csv names or whose file name starts with synthetic
	Complete lacuna.Options // default: the defaults
	Each     func(Result)   // called after every cell
}

// Shares observed in the synthetic cells, for which peers.csv has no rows.
var syntheticShares = []float64{0.25, 0.2, 0.15, 0.1, 0.07, 0.05, 0.04, 0.03}

type job struct {
	path  string
	name  string
	mask  string
	share float64
}

// Run fills every cell that peers.csv names, and every synthetic tensor at several shares of mask u1.
func Run(ctx context.Context, o Options) ([]Result, error) {
	peers, err := LoadPeers(filepath.Join(o.Data, "peers.csv"))
	if err != nil {
		return nil, err
	}
	jobs, err := plan(o, peers)
	if err != nil {
		return nil, err
	}
	var results []Result
	for _, j := range jobs {
		if err := ctx.Err(); err != nil {
			return results, err
		}
		observed, held, err := dataset.Masked(j.path, j.mask, j.share)
		if err != nil {
			return results, err
		}
		r, err := Measure(ctx, observed, held, o.Complete)
		if err != nil {
			return results, fmt.Errorf("%s, %v observed, mask %s: %w", j.name, j.share, j.mask, err)
		}
		r.Dataset, r.Mask, r.Observed = j.name, j.mask, j.share
		compare(&r, peers)
		results = append(results, r)
		if o.Each != nil {
			o.Each(r)
		}
	}
	return results, nil
}

func plan(o Options, peers []Peer) ([]job, error) {
	var files []string
	for _, pattern := range []string{"*.csv", "*.csv.gz"} {
		found, err := filepath.Glob(filepath.Join(o.Data, pattern))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	var jobs []job
	for _, path := range files {
		name := datasetName(path)
		if len(o.Datasets) > 0 && !slices.Contains(o.Datasets, name) {
			continue
		}
		cells := cellsOf(path, name, peers)
		if len(cells) == 0 && strings.HasPrefix(name, "synthetic") {
			for _, share := range syntheticShares {
				cells = append(cells, job{path, name, "u1", share})
			}
		}
		jobs = append(jobs, cells...)
	}
	return jobs, nil
}

func datasetName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return name
}

func cellsOf(path, name string, peers []Peer) []job {
	var jobs []job
	for _, p := range peers {
		j := job{path, name, p.Mask, p.Observed}
		if p.Dataset == name && !slices.Contains(jobs, j) {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// Measure fills the held-out cells of a table from its observed ones, and compares. Errors are counted in the scale of
// the observed cells: one deviation for every index of a mode that is called variable, whose values have units of their
// own, else one in all.
func Measure(ctx context.Context, observed, held *tensor.Observed, o lacuna.Options) (Result, error) {
	begun := time.Now()
	o.Fill = held.Index
	c, err := lacuna.Complete(ctx, observed, o)
	if err != nil {
		return Result{}, err
	}
	scaling := scoringScale(observed)
	truth := scaling.Apply(held).Values
	_, deviation := tensor.Moments(truth)
	var squares, covered float64
	cell := make([]int32, held.Order())
	for k, value := range held.Values {
		for n, column := range held.Index {
			cell[n] = column[k]
		}
		filled, _ := c.At(cell)
		e := (filled - value) / scaling.ScaleAt(cell)
		squares += e * e
		if low, high := c.Interval(cell, 0.9); low <= value && value <= high {
			covered++
		}
	}
	count := float64(held.Len())
	return Result{
		Cells: observed.Len(),
		NRMSE: math.Sqrt(squares/count) / deviation, MSE: squares / count,
		Coverage90: covered / count, HeldOutNRMSE: c.HeldOutNRMSE, EffectiveRank: c.EffectiveRank,
		Seconds: time.Since(begun).Seconds(),
	}, nil
}

func compare(r *Result, peers []Peer) {
	for _, p := range peers {
		if p.Dataset != r.Dataset || p.Mask != r.Mask || p.Observed != r.Observed {
			continue
		}
		if r.BestMethod == "" || p.NRMSE < r.BestNRMSE {
			r.BestMethod, r.BestNRMSE = p.Method, p.NRMSE
		}
		if p.Method == "bgcp" {
			r.BGCP = p.NRMSE
		}
	}
	if r.BestNRMSE > 0 {
		r.Ratio = r.NRMSE / r.BestNRMSE
	}
}

func scoringScale(observed *tensor.Observed) tensor.Scaling {
	if how, n, ok := tensor.StandardiseNamed("variable", observed.Modes); ok {
		return tensor.FitScaling(observed, how, n)
	}
	return tensor.FitScaling(observed, tensor.StandardiseGlobal, 0)
}
