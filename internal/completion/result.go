package completion

import (
	"math"
	"runtime"
	"time"

	"lacuna/tensor"
)

// Completion is a filled tensor. Its methods may be called from several goroutines.
type Completion struct {
	Observed *tensor.Observed // what was given, censored cells included
	Status   Status

	// CP is the one CP model that describes the tensor best, in standardised units, blocks in falling order of norm;
	// Scaling undoes the standardisation. The filled values are averages over many models.
	CP            *tensor.CP
	EffectiveRank int // blocks of CP
	Scaling       tensor.Scaling
	Norms         []float64 // of the blocks, Π_n ‖factor‖, in standardised units

	// HeldOutRMSE and HeldOutNRMSE are the error on cells that no choice has seen, in the data's units and over
	// the standard deviation of those cells' values. NaN when there are too few observed cells to hold any out.
	HeldOutRMSE, HeldOutNRMSE float64
	// FilledRMSE and FilledNRMSE are the root mean square error to be expected over the cells to be filled, in the
	// data's units and over the standard deviation of the observed values, of each label's own where labels have units
	// of their own. It comes from the model's standard errors, calibrated on cells that were hidden in the shapes of the
	// gaps. FilledUncertainty is its relative standard error; NaN where no more than one piece was hidden.
	FilledRMSE, FilledNRMSE, FilledUncertainty float64
	// FarOut is the number of held-out cells whose errors lie far beyond all others, as those of values that were written
	// down wrongly. No cell's own standard error counts them; FilledRMSE and FilledNRMSE count as large a share of such
	// errors, with their mean square.
	FarOut int
	// FilledMedian and FilledNMedian are the median of the errors to be expected over the cells to be filled, in the data's
	// units and over the deviations of FilledNRMSE: that of the held-out cells, weighted for what is filled. NaN without any.
	FilledMedian, FilledNMedian float64
	// Unlike is the share of the cells to be filled that are unlike any that could be hidden: their standard error is
	// at least the deviation of the known values.
	Unlike float64
	// UnitMode is the mode whose labels have units of their own, −1 where all values are alike.
	UnitMode   int
	ByLabel    []LabelError    // of every mode with at most 50 labels
	ByDistance []DistanceError // to the nearest known cell, the classes that have cells, the nearest first
	HeldOut    []HeldOutCell
	LogScores  LogScores
	OwnError   OwnError    // on HeldOut
	Baselines  []Baseline  // what simple predictors reach on the same cells
	Emergences []Emergence // of the gradient flow, in order of time; empty where the data are too many
	Warnings   []string

	Settings    Report
	Evaluations int // sweeps over all observed cells, gradients included
	Seconds     float64

	fit         predictor
	calibration calibration
	shape       *shape
	unit        tensor.Scaling
	level       float64
	limits      limits
	levels      graded
	family      bool             // intervals are those of the predictive distribution
	step        float64          // between values of a discrete family
	shares      bool             // filled values are probabilities
	kinds       *labelKinds      // instead of these three where labels have families of their own
	labelLevels []graded         // of their labels
	laws        *laws            // around the filled values; nil: all are normal
	further     *tensor.Observed // cells that WithLimits has given limits; nil: none
	seed        uint64
}

// Status says why a completion returned.
type Status int

// The ways in which a completion ends.
const (
	Finished    Status = iota // everything was done
	TimeLimit                 // MaxTime was reached: the best so far
	Interrupted               // the context ended: the best so far
)

// String is a word for the status: finished, time-limit, interrupted.
func (s Status) String() string {
	return [...]string{"finished", "time-limit", "interrupted"}[s]
}

// Progress is what a running completion has reached.
type Progress struct {
	Stage   string  // what is being done, in words
	Done    float64 // share of the whole work, 0 to 1
	HeldOut float64 // NRMSE on the cells held back so far; 0 while unknown
	Elapsed time.Duration
}

// LabelError is the error of the cells of one label.
type LabelError struct {
	Mode        int
	Index       int
	Filled      int     // cells to be filled, at most a few thousand of which are looked at
	FilledRMSE  float64 // to be expected over them, in the data's units; NaN without any
	HeldOut     int
	HeldOutRMSE float64 // in the data's units; NaN without any
	Skill       float64 // 1 − (RMSE / that of the label's own mean)² on the held-out cells; NaN without any
	Uncertainty float64 // relative standard error of the held-out RMSE, from how its pieces differ; NaN of a single one
}

// Report is what a completion was made with: what was asked for, and what was found.
type Report struct {
	Method          string        `json:"method"` // what produced the filled values, in words
	Standardisation string        `json:"standardisation"`
	Noise           string        `json:"noise"`                    // the family that was asked for
	NoiseByLabel    []LabelFamily `json:"noise_by_label,omitempty"` // labels whose values have a family of their own
	Spread          []LabelFamily `json:"spread,omitempty"`         // labels whose intervals and draws are not those of normal errors
	Blocks          []int         `json:"blocks"`                   // numbers of blocks of the models that were averaged
	Depths          []int         `json:"depths,omitempty"`
	Weights         []Weight      `json:"weights"`  // of the models that were averaged
	Samples         int           `json:"samples"`  // posterior samples kept
	HoldOut         float64       `json:"hold_out"` // share of the observed cells in a fold
	Folds           int           `json:"folds"`    // folds whose cells measured the error
	Smooth          []int         `json:"smooth,omitempty"`
	PeriodsFound    []FoundPeriod `json:"periods_found,omitempty"` // in the values, and used
	Neighbours      *Neighbours   `json:"neighbours,omitempty"`    // what known cells nearby add; nil: nothing
	Nonnegative     bool          `json:"nonnegative,omitempty"`   // no factor has a negative entry
	Censored        int           `json:"censored,omitempty"`      // cells of which limits are known
	Limits          []string      `json:"limits,omitempty"`        // that the values were found to keep, in words
}

// Neighbours is what known cells near another add to its value, chosen on held-out cells. Modes count from 0.
type Neighbours struct {
	Residuals []int   `json:"residuals_along,omitempty"`    // modes along which residuals of the models are kriged and added
	Effects   float64 `json:"main_effects_weight"`          // 0 to 1: share of main effects in values between known cells; the models have the rest
	Along     []int   `json:"main_effects_along,omitempty"` // modes along which residuals of the main effects are kriged
	Nearest   bool    `json:"nearest,omitempty"`            // from the nearest known cells along all these modes at once, not those that differ in one
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

	logScore      float64 // of its predictive distribution, of a family of its own
	central       float64 // level of the central interval of its predictive distribution that it just lies in
	spread, noise float64 // variances, as the model has them
	low, high     float64 // of a censored cell, whose Value stands for it; equal of others
	part          int     // that held it out
	piece         int32   // cells that were hidden together have one number
	weight        float64 // how well it stands for the cells to be filled
	standing      standing
	simple        [2]float64 // what the baselines say, which have not seen it
}

// predictor is a fitted model.
type predictor interface {
	at(cell []int32) prediction
	// all is at of many cells, to the last bit; index[n] are their coordinates in mode n.
	all(index [][]int32, threads int) []prediction
	// draws makes what draws of the model with these numbers are taken from.
	draws(seed uint64, numbers []int) drawer
}

// prediction is the expected value of a cell, in the data's units, the variance of that value between models that
// explain the known cells, and the variance of the noise on it.
type prediction struct{ value, spread, noise float64 }

// At returns the expected value of a cell, observed or not, in the data's units, and its standard error: the
// deviation to be expected of an observation of that cell, noise included. Of a censored cell they are the mean and the
// deviation of its value given its limits.
func (c *Completion) At(cell []int32) (value, stderr float64) {
	if len(cell) != c.Observed.Order() {
		panic("lacuna: At: wrong number of coordinates")
	}
	if b, ok := c.censoredAt(cell); ok {
		return c.atLimits(cell, b)
	}
	p := c.fit.at(cell)
	return c.limits.keep(cell, p.value), c.stderr(cell, p)
}

func (c *Completion) stderr(cell []int32, p prediction) float64 {
	k, at := c.calibration.at(cell)
	stderr := k.stderr(cell, at, p)
	if c.unlike(cell) {
		stderr = math.Max(stderr, c.unit.ScaleAt(cell))
	}
	return stderr
}

// AtAll sets the values and standard errors that At returns, for many cells at once and much faster, on all processors.
// index[n] are the coordinates of the cells in mode n; stderr may be nil. Cells in the order of the modes cost least.
func (c *Completion) AtAll(index [][]int32, value, stderr []float64) {
	if len(index) != c.Observed.Order() {
		panic("lacuna: AtAll: wrong number of coordinates")
	}
	threads := runtime.GOMAXPROCS(0)
	eachBatch(index, len(value), func(begin int, part [][]int32) {
		made := c.fit.all(part, threads)
		eachCell(part, threads, func(k int, cell []int32) {
			if b, ok := c.censoredAt(cell); ok {
				own, error := c.atLimits(cell, b)
				value[begin+k] = own
				if stderr != nil {
					stderr[begin+k] = error
				}
				return
			}
			value[begin+k] = c.limits.keep(cell, made[k].value)
			if stderr != nil {
				stderr[begin+k] = c.stderr(cell, made[k])
			}
		})
	})
}

// Interval returns bounds between which an observation of the cell is expected to lie with probability level (0 means
// Options.Level). They are calibrated on held-out cells. Of a censored cell they are quantiles of its value given its limits.
func (c *Completion) Interval(cell []int32, level float64) (low, high float64) {
	value, stderr := c.At(cell)
	return c.Bounds(cell, value, stderr, level)
}

// Bounds returns what Interval returns for a cell of which At returned value and stderr.
func (c *Completion) Bounds(cell []int32, value, stderr, level float64) (low, high float64) {
	if level == 0 {
		level = c.level
	}
	if b, ok := c.censoredAt(cell); ok {
		return c.boundsAtLimits(cell, b, level)
	}
	if e, ok := c.fit.(*ensemble); ok && c.kindAt(cell).Own && e.samples() > 0 {
		low, high = c.ofFamily(e, cell, value, level)
		return c.within(cell, value, low, high)
	}
	if l := c.laws.at(cell, stderr); l != nil {
		if l.Learnt != nil && (value <= l.Limit.Min || value >= l.Limit.Max) {
			value = c.fit.at(cell).value // before limits kept it
		}
		low, high = l.bounds(value, stderr, level)
		return c.within(cell, value, low, high)
	}
	k, _ := c.calibration.at(cell)
	half := float64(stderr * k.quantile(cell, value, level))
	return c.within(cell, value, value-half, value+half)
}
