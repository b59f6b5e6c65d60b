// Package lacuna fills the holes of an incomplete tensor.
//
// [Complete] takes the observed cells and returns a [Completion], which gives the value of any cell with its
// standard error. No rank, learning rate or other setting has to be given: every choice is made on held-back
// cells, and the errors that are reported come from cells that no choice has seen.
package lacuna

import (
	"time"

	"lacuna/loss"
	"lacuna/tensor"
)

// Options of Complete. The zero value asks for the defaults, which suit any tensor.
type Options struct {
	Seed    uint64        // of every random number; same input, options and seed give the same bits
	Threads int           // default: all processors; the result does not depend on it
	MaxTime time.Duration // default: no limit; the best completion by then is returned, with Status TimeLimit

	// Loss compares predictions with observations. Default (nil): square, with noise whose tails and whose level
	// at every index follow the data. loss.Logistic is for values in [0, 1].
	Loss loss.Loss

	Standardise     tensor.Standardise // default: chosen by the data
	StandardiseMode int                // the mode for tensor.StandardiseMode

	Blocks int   // number of blocks; default: found
	Depths []int // depth of every mode, or one for all, of the gradient flow behind Completion.Emergences; default: 1
	Smooth []int // modes whose neighbouring indices are expected to be alike (a random walk); default: none

	// Effort scales the nominal work, default 1: a quarter of a minute of one core, less where the data are few. The work
	// does not grow with the data beyond that, and never falls below one short chain.
	Effort float64

	HoldOut float64 // share of the observed cells that measures the error, default 0.1
	Level   float64 // of the intervals of Completion.Interval when it is called with 0, default 0.9

	Progress func(Progress) // called from one goroutine at a time; must not block
}

// Progress is what a running Complete has reached.
type Progress struct {
	Stage   string  // what is being done, in words
	Done    float64 // share of the whole work, 0 to 1
	HeldOut float64 // NRMSE on the cells held back so far; 0 while unknown
	Elapsed time.Duration
}

// Status says why Complete returned.
type Status int

// The ways in which Complete ends.
const (
	Finished    Status = iota // everything was done
	TimeLimit                 // MaxTime was reached: the best so far
	Interrupted               // the context ended: the best so far
)

// String is a word for the status: finished, time-limit, interrupted.
func (s Status) String() string {
	return [...]string{"finished", "time-limit", "interrupted"}[s]
}

// Settings are what a completion was made with: what Options asked for, and what was found.
type Settings struct {
	Method          string   `json:"method"` // what produced the filled values, in words
	Standardisation string   `json:"standardisation"`
	Loss            string   `json:"loss"`
	Blocks          []int    `json:"blocks"` // numbers of blocks of the models that were averaged
	Depths          []int    `json:"depths,omitempty"`
	Weights         []Weight `json:"weights"` // of the models that were averaged
	Samples         int      `json:"samples"` // posterior samples kept
	HoldOut         float64  `json:"hold_out"`
	Smooth          []int    `json:"smooth,omitempty"`
}

// Weight is a model's share of an average.
type Weight struct {
	Model  string  `json:"model"`
	Weight float64 `json:"weight"`
}

// Baseline is a simple predictor to compare with.
type Baseline struct {
	Name  string  `json:"name"`  // mean, main effects
	RMSE  float64 `json:"rmse"`  // on the same held-out cells as Completion.HeldOutRMSE, in the data's units
	NRMSE float64 `json:"nrmse"` // RMSE over the standard deviation of the held-out values
}

// HeldOutCell is an observed cell that was predicted by a model that had not seen it.
type HeldOutCell struct {
	Cell      []int32
	Value     float64 // observed
	Predicted float64
	Stderr    float64
}

// Emergence tells when a block of the gradient flow grew.
type Emergence struct {
	Block int     // 0 for the first to emerge
	Time  float64 // of the flow, at which the block's norm first exceeded half its last value
	Norm  float64 // its last value, in standardised units
}
