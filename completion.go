package lacuna

import (
	"math"

	"lacuna/tensor"
)

// Completion is a filled tensor. Its methods may be called from several goroutines.
type Completion struct {
	Observed *tensor.Observed // what was given
	Status   Status

	// EffectiveRank is the number of blocks of the CP model that was found.
	EffectiveRank int
	// Factors is that model in standardised units, Factors[n][i][r]: entry i of mode n of block r, blocks in
	// falling order of norm. A cell's standardised value is Σ_r Π_n Factors[n][i_n][r]; Scaling undoes the standardisation.
	// It is the one CP model that describes the tensor best; the filled values are averages over many.
	Factors [][][]float64
	Scaling tensor.Scaling
	Norms   []float64 // of the blocks, Π_n ‖factor‖, in standardised units

	// HeldOutRMSE and HeldOutNRMSE are the error on cells that no choice has seen, in the data's units and over
	// the standard deviation of those cells' values. NaN when there are too few observed cells to hold any out.
	HeldOutRMSE, HeldOutNRMSE float64
	HeldOut                   []HeldOutCell
	Baselines                 []Baseline  // what simple predictors reach on the same cells
	Emergences                []Emergence // of the gradient flow on the same cells, in order of time; empty where the data are too many
	Warnings                  []string

	Settings    Settings
	Evaluations int // sweeps over all observed cells, gradients included
	Seconds     float64

	fit     predictor
	stretch float64   // from the model's own deviations to calibrated ones
	scores  []float64 // |value − predicted| / stderr of the held-out cells, ascending
	level   float64
	empty   [][]bool // empty[n][i]: index i of mode n has no observed cell
}

// predictor is a fitted model: the expected value of a cell and its predictive standard deviation, in the data's units.
type predictor interface {
	at(cell []int32) (value, stderr float64)
}

// At returns the expected value of a cell, observed or not, in the data's units, and its standard error: the
// deviation to be expected of an observation of that cell, noise included. The error is +Inf for a cell with an
// index that has no observed cell.
func (c *Completion) At(cell []int32) (value, stderr float64) {
	if len(cell) != c.Observed.Order() {
		panic("lacuna: At: wrong number of coordinates")
	}
	value, stderr = c.fit.at(cell)
	stderr *= c.stretch
	for n, i := range cell {
		if c.empty[n][i] {
			return value, math.Inf(1)
		}
	}
	return value, stderr
}

// Interval returns bounds between which an observation of the cell is expected to lie with probability level (0 means
// Options.Level). They are calibrated on held-out cells.
func (c *Completion) Interval(cell []int32, level float64) (low, high float64) {
	if level == 0 {
		level = c.level
	}
	value, stderr := c.At(cell)
	half := stderr * c.quantile(level)
	return value - half, value + half
}
