package study

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/dataset"
	"lacuna/experiment"
	"lacuna/flow"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Train does one run on the data of d: it draws the start, follows the flow to a stop and measures the rest of the
// known cells. Values are standardised as fitted on the observed cells, and errors are in those units. When cells are
// held out, the outcome is that of the moment at which the error on them was least; otherwise that of the end.
func (d *Data) Train(ctx context.Context, s Settings) (Outcome, error) {
	s.Normalise()
	if err := s.Check(); err != nil {
		return Outcome{}, err
	}
	train, test, err := d.Split(s)
	if err != nil {
		return Outcome{}, err
	}
	cells := experiment.Cells{Train: train, Test: test}
	if s.HoldOut > 0 {
		cells.Train, cells.HeldOut = train.Split(float64(s.HoldOut), rng.New(s.Mask, "held back").Rand)
		if cells.HeldOut.Len() == 0 {
			return Outcome{}, fmt.Errorf("study: hold_out = %v of %d observed cells is none: hold out more", s.HoldOut, train.Len())
		}
	}
	if s.Data == "synthetic" && s.Standardise == "none" {
		shape, err := experiment.ParseShape(s.Shape)
		if err != nil {
			return Outcome{}, err
		}
		cells.Truth = dataset.SyntheticBlocks(shape, s.Rank, s.DataSeed)
	}
	run, err := experiment.New(s, cells)
	if err != nil {
		return Outcome{}, err
	}
	result := run.Follow(ctx, nil)
	if result.Status == flow.Interrupted {
		return Outcome{}, context.Cause(ctx)
	}
	at := run.Outcome()
	o := Outcome{
		Status: string(result.Status), TrainLoss: Number(at.Loss), TrainMSE: Number(at.TrainMSE),
		HeldBackMSE: Number(at.HeldOut),
		TestMSE:     Number(at.TestMSE), RelativeTest: Number(math.Sqrt(at.TestMSE / test.MeanSquare())), Rank: at.Rank,
		LargestNorm: Number(at.Largest), FlowTime: Number(at.Time), Steps: result.Steps, Evaluations: result.Evaluations,
		Phantoms: run.Phantoms(), Descends: s.Descends(),
	}
	for _, t := range result.EmergenceTimes() {
		o.Emergences = append(o.Emergences, Number(t))
	}
	for _, list := range experiment.Measurements() {
		for _, x := range *list.Of(&at) {
			if o.Measured == nil {
				o.Measured = map[string][]Number{}
			}
			o.Measured[list.Name] = append(o.Measured[list.Name], Number(x))
		}
	}
	if s.Trajectory != "none" {
		o.Trajectory = run.Path.Take(func(curve []float64) bool {
			emerged := func(norm float64) bool { return norm > float64(s.Threshold) }
			return s.Trajectory == "all" || slices.ContainsFunc(curve, emerged)
		})
		for k := range o.Trajectory.Records {
			o.Trajectory.Records[k].Wall = 0 // an outcome depends on the settings alone
		}
	}
	return o, nil
}

// Split returns the observed cells of a run and the rest of the known ones, both standardised as fitted on the former.
func (d *Data) Split(s Settings) (train, test *tensor.Observed, err error) {
	known, err := d.load(s)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case known.rest != nil:
		train, test = known.cells, known.rest
	case s.Pattern == experiment.Halves:
		if train, test, err = dataset.Halves(known.cells, float64(s.Observed), s.Bridges, s.Mask); err != nil {
			return nil, nil, fmt.Errorf("study: pattern = %q: %w", s.Pattern, err)
		}
	default:
		// One permutation serves every share, so that the cells observed at a small share are among those at a larger one.
		count := int(math.Round(float64(s.Observed) * float64(known.cells.Len())))
		observed := make([]bool, known.cells.Len())
		for _, c := range rng.New(s.Mask, "mask").Perm(known.cells.Len())[:count] {
			observed[c] = true
		}
		train, test = known.cells.Partition(func(c int) bool { return observed[c] })
	}
	how, mode, ok := tensor.StandardiseNamed(s.Standardise, train.Modes)
	if !ok {
		return nil, nil, fmt.Errorf("study: standardise = %q is neither none, global, auto nor the name of a mode",
			s.Standardise)
	}
	scaling := tensor.FitScaling(train, how, mode)
	return scaling.Apply(train), scaling.Apply(test), nil
}
