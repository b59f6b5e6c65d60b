// Package lacuna fills the holes of an incomplete tensor.
//
// [Complete] takes the observed cells and returns a [Completion], which gives the value of any cell with its
// standard error. No rank, learning rate or other setting has to be given: every choice is made on held-back
// cells, and the errors that are reported come from cells that no choice has seen.
//
// Tables come from package dataio or from [tensor.NewObserved]. The gradient flow of deep tensor factorisation is in
// packages model and flow.
package lacuna

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"lacuna/internal/completion"
	"lacuna/internal/memory"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// Options of Complete. The zero value asks for the defaults, which suit any tensor.
type Options struct {
	Seed    uint64        // of every random number; same input, options and seed give the same bits
	Threads int           // default: all processors; the result does not depend on it
	MaxTime time.Duration // default: no limit; the best completion by then is returned, with Status TimeLimit

	Noise Noise // how values scatter around what the model expects; default: NoiseAuto
	// NoiseLabels says it of single labels of one mode whose values are of different kinds, where Noise is NoiseAuto.
	// Default: none; NoiseByLabel finds them.
	NoiseLabels []LabelNoise

	Standardise     tensor.Standardise // default: chosen by the data
	StandardiseMode int                // the mode for tensor.StandardiseMode

	Blocks int   // number of blocks; default: found
	Depths []int // depth of every mode, or one for all, of the flow behind Completion.Emergences; default: 1
	// Smooth lists modes whose factors are to be functions of the coordinates of their labels, or of their position where
	// they have none; for other modes with coordinates, held-back cells decide. Default: none.
	Smooth []int

	// Nonnegative asks for factors without negative entries, as spectra and concentrations of mixtures are: those of the
	// sampler, and those of Completion.CP, a non-negative CP model whose number of blocks held-back cells choose. Values are
	// divided by one number and not centred. It suits the noises auto, gaussian and student, and excludes Smooth and a
	// standardisation other than auto and none. Values below 0 have to be few and small, as noise is.
	Nonnegative bool

	// Effort scales the nominal work, default 1: about 14 s of one core that is busy, less where the data are few. Of
	// tables for which that does not suffice, some 150,000 cells and more, the model is selected on a sample, and the fit
	// goes on while the error on held-back cells falls by more than 1 %/Effort for as much work again.
	Effort float64

	// HoldOut is the share of the observed cells in one fold, default 0.1, less of large tables: so many are hidden at a
	// time and predicted by models that have not seen them. How many folds measure the error, up to 9, depends on the work that the table
	// takes; Completion.Settings.Folds tells.
	HoldOut float64

	Level float64 // of the intervals of Completion.Interval when it is called with 0, default 0.9

	// Fill lists the cells that are to be filled, Fill[n][k] the index of the k-th in mode n; nil: all that were not
	// observed. Known cells are hidden in the shapes of these gaps, so that choices and errors suit them; any cell can
	// be asked for afterwards.
	Fill [][]int32

	// Limits say where values lie, such as not below 0. Filled values and intervals keep them, and those that the known
	// values show. Default: none.
	Limits []Limit

	// Censored lists cells beside the observed ones of whose values only limits are known, such as those below a limit of
	// detection: Low −Inf and High 0.5 for a value below 0.5. They are data: the sampler draws their values between the limits, and
	// Completion gives mean, standard error, interval and draws between them. They suit the noises auto,
	// gaussian, student, lognormal, and counts with upper limits; a count lies between Low and High, neither included. Default: none.
	Censored *Censored

	Progress func(Progress) // called from one goroutine at a time; must not block

	Slurm *Slurm // deals chains out as tasks of Slurm job arrays; default: everything is done here. The bits are the same
}

// Noise names a family of distributions of an observation around what the model expects.
type Noise string

// The families.
const (
	NoiseAuto      Noise = ""          // by held-back cells: for the table, and for labels the law around filled values; an exact model where there is no noise
	NoiseByLabel   Noise = "by-label"  // every label of a mode whose labels are variables its own, by held-back cells; else as NoiseAuto
	NoiseGaussian  Noise = "gaussian"  // normal, its level one for all cells or one for every index, by held-back cells
	NoiseStudent   Noise = "student"   // tails heavier than normal, as many as the residuals ask for
	NoiseBernoulli Noise = "bernoulli" // values are 0 and 1, or shares in between; filled values are probabilities
	NoiseBinomial  Noise = "binomial"  // numbers of successes, the largest value being the number of trials
	NoiseCounts    Noise = "counts"    // negative binomial
	NoiseLogNormal Noise = "lognormal" // positive values over magnitudes
	NoiseOrdinal   Noise = "ordinal"   // a few levels with an order, such as ratings
)

// LabelNoise says how the values of label Index of mode Mode scatter: any noise but NoiseAuto and NoiseByLabel.
type LabelNoise struct {
	Mode, Index int
	Noise       Noise
}

// Noises lists the names of all families, sorted. NoiseAuto is called auto there.
func Noises() []string { return posterior.Families() }

// What Complete returns, and what it is made of.
type (
	// Completion is a filled tensor: At and Interval fill any cell, its fields tell how far to trust that.
	Completion = completion.Completion
	// Progress is what a running Complete has reached.
	Progress = completion.Progress
	// Settings are what a completion was made with: what Options asked for, and what was found.
	Settings = completion.Report
	// Status says why Complete returned.
	Status = completion.Status
	// Weight is a model's share of an average.
	Weight = completion.Weight
	// Baseline is a simple predictor to compare with.
	Baseline = completion.Baseline
	// LabelError is the error of the cells of one label.
	LabelError = completion.LabelError
	// LabelFamily is a label whose values were taken for something of their own.
	LabelFamily = completion.LabelFamily
	// Neighbours is what known cells near another add to its value.
	Neighbours = completion.Neighbours
	// FoundPeriod is a distance after which values were found to repeat.
	FoundPeriod = completion.FoundPeriod
	// DistanceError is the error of the cells that are so many steps from the nearest known one.
	DistanceError = completion.DistanceError
	// LogScores compare what was said of held-out values with what normal distributions would have said.
	LogScores = completion.LogScores
	// OwnError is the error on held-out cells in the terms of the family.
	OwnError = completion.OwnError
	// HeldOutCell is an observed cell that was predicted by a model that had not seen it.
	HeldOutCell = completion.HeldOutCell
	// Limit says where the values of some cells lie.
	Limit = completion.Limit
	// Censored lists cells of which limits are known.
	Censored = completion.Censored
	// Slurm says how to deal the chains of a completion out as tasks of Slurm job arrays.
	Slurm = completion.Slurm
	// Emergence tells when a block of the gradient flow grew.
	Emergence = completion.Emergence
)

// The ways in which Complete ends.
const (
	Finished    = completion.Finished    // everything was done
	TimeLimit   = completion.TimeLimit   // MaxTime was reached: the best so far
	Interrupted = completion.Interrupted // the context ended: the best so far
)

// NoLimit, as Limit.Max, says that there is none, whatever the known values show; −NoLimit says it as Limit.Min.
const NoLimit = completion.NoLimit

// ErrTooFew is returned when there are too few observed cells to learn anything from.
var ErrTooFew = errors.New("lacuna: fewer than two observed cells: give at least two")

// ErrSlurm is returned when Slurm refuses what Options.Slurm asks for, or tasks end again and again without a result.
var ErrSlurm = errors.New("lacuna: Slurm")

// Complete fills a tensor. It returns an error for fewer than two observed cells, for an option out of range, and for
// values outside the domain of the noise, and ErrSlurm. Ending ctx or reaching Options.MaxTime is no error: the best completion so
// far is returned, and its Status says so.
//
// A sampler of Bayesian CP models is run several times in several forms; their averages are combined with the weights
// that held-back cells prefer. Where the cells turn out to be explained exactly by a few blocks, those blocks are the
// answer.
//
// While a table of many cells is filled, the garbage collector of the process lets less pile up than its setting says.
func Complete(ctx context.Context, observed *tensor.Observed, o Options) (*Completion, error) {
	if err := o.check(observed); err != nil {
		return nil, err
	}
	family, err := posterior.FamilyNamed(string(o.Noise))
	if err == nil {
		err = family.Check(observed.Values)
	}
	if err == nil && o.Censored.Len() > 0 {
		err = family.CheckCensored(o.Censored.Low, o.Censored.High)
	}
	if err != nil {
		return nil, fmt.Errorf("lacuna: %w", err)
	}
	labels, err := o.labelNoises(observed)
	if err != nil {
		return nil, fmt.Errorf("lacuna: %w", err)
	}
	c, err := completion.Run(ctx, observed, completion.Settings{
		Seed: o.Seed, Threads: or(o.Threads, runtime.GOMAXPROCS(0)), MaxTime: o.MaxTime, Noise: family, NoiseLabels: labels,
		Standardise: o.Standardise, StandardiseMode: o.StandardiseMode,
		Blocks: o.Blocks, Depths: o.Depths, Smooth: o.Smooth, Nonnegative: o.Nonnegative, Limits: o.Limits,
		Censored: o.censored(), Fill: o.Fill, Effort: or(o.Effort, 1), HoldOut: or(o.HoldOut, 0.1), Level: or(o.Level, 0.9), Progress: o.Progress,
		Slurm: o.Slurm,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSlurm, err)
	}
	return c, nil
}

// labelNoises finds the families of NoiseLabels.
func (o Options) labelNoises(observed *tensor.Observed) (all []completion.LabelNoise, err error) {
	if len(o.NoiseLabels) > 0 && o.Noise != NoiseAuto && o.Noise != "auto" {
		return nil, fmt.Errorf("NoiseLabels need NoiseAuto for the other labels, got %q", o.Noise)
	}
	for _, l := range o.NoiseLabels {
		mode := o.NoiseLabels[0].Mode
		if l.Mode != mode || mode < 0 || mode >= observed.Order() || l.Index < 0 || l.Index >= observed.Shape()[mode] {
			return nil, fmt.Errorf("NoiseLabels: label %d of mode %d: give labels of one mode, which count from 0", l.Index, l.Mode)
		}
		if slices.ContainsFunc(all, func(m completion.LabelNoise) bool { return m.Index == l.Index }) {
			return nil, fmt.Errorf("NoiseLabels: label %q has two noises", observed.Modes[mode].Labels[l.Index])
		}
		family, err := posterior.FamilyNamed(string(l.Noise))
		if err != nil || family.Name == "auto" || family.Name == posterior.ByLabel {
			return nil, fmt.Errorf("NoiseLabels: noise %q of label %q is no family", l.Noise, observed.Modes[mode].Labels[l.Index])
		}
		var values []float64
		for c, i := range observed.Index[mode] {
			if int(i) == l.Index {
				values = append(values, observed.Values[c])
			}
		}
		err = family.Check(values)
		if low, high := o.Censored.Of(mode, l.Index); err == nil && len(high) > 0 {
			err = family.CheckCensored(low, high)
		}
		if err != nil {
			return nil, fmt.Errorf("%s=%s: %w", observed.Modes[mode].Name, observed.Modes[mode].Labels[l.Index], err)
		}
		all = append(all, completion.LabelNoise{Mode: mode, Index: l.Index, Family: family})
	}
	return all, nil
}

// RunTask samples the chains of one task of a job array of a completion, those that are not there yet, with that many
// threads. It is what Slurm.Command calls; version is Slurm.Version.
func RunTask(ctx context.Context, dir string, array, task, threads int, version string) error {
	return completion.RunTask(ctx, dir, array, task, threads, version)
}

// or returns x, or its default where it is not positive.
func or[T int | float64](x, byDefault T) T {
	if x <= 0 {
		return byDefault
	}
	return x
}

// checkMemory refuses what does not fit, before anything is done.
func (o Options) checkMemory(observed *tensor.Observed) error {
	have, threads := memory.Available(), or(o.Threads, runtime.GOMAXPROCS(0))
	if have == 0 { // the system does not say
		return nil
	}
	shape, cells := observed.Shape(), observed.Len()
	switch need := completion.Memory(shape, cells, o.Blocks, threads); {
	case need <= have:
		return nil
	case o.Blocks > 0 && completion.Memory(shape, cells, 0, threads) <= have:
		return fmt.Errorf("lacuna: %d blocks need %s of memory, %s are available: use fewer blocks, or leave their number "+
			"to be found", o.Blocks, memory.Format(need), memory.Format(have))
	default:
		return fmt.Errorf("lacuna: a table of %d known cells needs %s of memory beside itself, %s are available: fill a part "+
			"of it, or use a machine with more", cells, memory.Format(need), memory.Format(have))
	}
}

func (o Options) check(observed *tensor.Observed) error {
	if observed.Len() < 2 {
		return ErrTooFew
	}
	order := observed.Order()
	for _, n := range o.Smooth {
		if n < 0 || n >= order {
			return fmt.Errorf("lacuna: Smooth names mode %d of a tensor with %d modes: modes count from 0", n, order)
		}
	}
	if o.Nonnegative {
		if err := o.checkNonnegative(observed); err != nil {
			return err
		}
	}
	if n := o.StandardiseMode; o.Standardise == tensor.StandardiseMode && (n < 0 || n >= order) {
		return fmt.Errorf("lacuna: StandardiseMode is %d for a tensor with %d modes: modes count from 0", n, order)
	}
	for _, m := range o.Limits {
		if m.Mode >= order || (m.Mode >= 0 && (m.Index < 0 || m.Index >= observed.Shape()[m.Mode])) || !(m.Min <= m.Max) {
			return fmt.Errorf("lacuna: Limits: %v names no label, or its Min is above its Max", m)
		}
		if err := m.Check(observed); err != nil {
			return fmt.Errorf("lacuna: %w", err)
		}
	}
	if err := o.checkCensored(observed); err != nil {
		return err
	}
	if o.Effort < 0 {
		return fmt.Errorf("lacuna: Effort is %v: give a positive number, 1 is the default", o.Effort)
	}
	if o.HoldOut >= 1 {
		return fmt.Errorf("lacuna: HoldOut is %v, it is a share of the observed cells below 1", o.HoldOut)
	}
	if o.Level >= 1 {
		return fmt.Errorf("lacuna: Level is %v, it is a probability below 1", o.Level)
	}
	if o.Blocks < 0 {
		return fmt.Errorf("lacuna: %d blocks: give a positive number, or 0 to have it found", o.Blocks)
	}
	if len(o.Depths) > 1 && len(o.Depths) != order {
		return fmt.Errorf("lacuna: %d depths for %d modes: give one depth, or one for every mode", len(o.Depths), order)
	}
	if err := o.checkMemory(observed); err != nil {
		return err
	}
	if err := checkFill(o.Fill, observed.Shape()); err != nil {
		return err
	}
	for _, k := range o.Depths {
		if k < 0 {
			return fmt.Errorf("lacuna: depth %d: depths count from 0", k)
		}
	}
	return nil
}

func (o Options) checkNonnegative(observed *tensor.Observed) error {
	switch o.Noise {
	case NoiseAuto, "auto", NoiseGaussian, NoiseStudent:
	default:
		return fmt.Errorf("lacuna: Nonnegative is for noise around the model's own values, gaussian or student: %s noise has "+
			"them on another scale", o.Noise)
	}
	if len(o.NoiseLabels) > 0 {
		return errors.New("lacuna: Nonnegative and NoiseLabels exclude each other: noises of labels have values on other scales")
	}
	if len(o.Smooth) > 0 {
		return errors.New("lacuna: Nonnegative and Smooth exclude each other: a smooth factor has entries of either sign")
	}
	if o.Standardise != tensor.StandardiseAuto && o.Standardise != tensor.StandardiseNone {
		return errors.New("lacuna: Nonnegative and Standardise exclude each other: taking a mean off leaves values of either sign")
	}
	if _, err := completion.CheckNonnegative(observed); err != nil {
		return fmt.Errorf("lacuna: %w", err)
	}
	return nil
}

// censored are the cells of Censored; nil without any.
func (o Options) censored() *Censored {
	if o.Censored.Len() == 0 {
		return nil
	}
	return o.Censored
}

// checkCensored refuses limits of cells that say nothing or contradict others, and cells that are listed twice.
func (o Options) checkCensored(observed *tensor.Observed) error {
	c := o.censored()
	if c == nil {
		return nil
	}
	if err := checkCells("Censored", c.Index, observed.Shape()); err != nil {
		return err
	}
	if len(c.High) != c.Len() || len(c.Index[0]) != c.Len() {
		return fmt.Errorf("lacuna: Censored lists %d cells, %d lower and %d upper limits", len(c.Index[0]), len(c.Low), len(c.High))
	}
	index := make([][]int32, observed.Order())
	for n, column := range observed.Index {
		index[n] = slices.Concat(column, c.Index[n])
	}
	values := slices.Concat(observed.Values, make([]float64, c.Len()))
	if _, err := tensor.NewObserved(observed.Modes, index, values); err != nil {
		return fmt.Errorf("lacuna: Censored: %s: a value that is known is not censored, and a cell has one pair of limits",
			strings.TrimPrefix(err.Error(), "tensor: "))
	}
	for k, low := range c.Low {
		high := c.High[k]
		if !(low < high) || math.IsInf(low, -1) && math.IsInf(high, 1) {
			return fmt.Errorf("lacuna: Censored: limits %v and %v of a cell: give a lower one below an upper one, one of them finite",
				low, high)
		}
		for _, m := range o.Limits {
			if (m.Mode < 0 || int(c.Index[m.Mode][k]) == m.Index) && !(low < m.Max && high > m.Min) {
				return fmt.Errorf("lacuna: a value between %v and %v cannot lie within the limits of %v to %v", low, high, m.Min, m.Max)
			}
		}
		if o.Nonnegative && high <= 0 {
			return fmt.Errorf("lacuna: Nonnegative: a value that is at most %v cannot be that of factors without negative entries", high)
		}
	}
	return nil
}

func checkFill(fill [][]int32, shape tensor.Shape) error {
	if fill == nil {
		return nil
	}
	return checkCells("Fill", fill, shape)
}

// checkCells refuses columns of coordinates that are not those of cells; what names them.
func checkCells(what string, index [][]int32, shape tensor.Shape) error {
	if len(index) != shape.Order() {
		return fmt.Errorf("lacuna: %s has %d columns for a tensor with %d modes", what, len(index), shape.Order())
	}
	for n, column := range index {
		if len(column) != len(index[0]) {
			return fmt.Errorf("lacuna: %s lists %d cells in mode %d and %d in mode 0", what, len(column), n, len(index[0]))
		}
		for _, i := range column {
			if i < 0 || int(i) >= shape[n] {
				return fmt.Errorf("lacuna: %s has index %d in mode %d, which has %d", what, i, n, shape[n])
			}
		}
	}
	return nil
}

// LoadFit reads a fit that Completion.Save wrote. What it returns fills cells with the same bits as before, without
// refitting; Completion.Extend adds labels to it. It returns an error for what is no fit, for one that another version
// saved, and for one that is damaged.
func LoadFit(r io.Reader) (*Completion, error) {
	c, err := completion.LoadFit(r)
	if err != nil {
		return nil, fmt.Errorf("lacuna: %w", err)
	}
	return c, nil
}
