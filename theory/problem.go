package theory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lacuna/dataset"
	"lacuna/flow"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// problem is a small tensor to complete, and the model that does it.
type problem struct {
	shape  tensor.Shape
	rank   int
	share  float64 // observed
	depths []int
	blocks int
	start  model.Start
	norm   float64 // of every factor at the start
	seed   uint64
}

// sideOf is the size of every mode by order, small enough for a dense reference at every recorded time.
func sideOf(order int) int {
	switch {
	case order <= 2:
		return 12
	case order == 3:
		return 6
	case order == 4:
		return 5
	}
	return 4
}

func newProblem(depths []int, start model.Start, o Options) problem {
	order := len(depths)
	p := problem{
		shape: slices.Repeat(tensor.Shape{sideOf(order)}, order), rank: 3, share: 0.8,
		depths: depths, blocks: o.Blocks, start: start, seed: o.Seed,
	}
	deepest := slices.Max(depths)
	switch {
	case deepest == 0:
		p.norm = 0.3
	case start == model.BalancedRankOne || start == model.BalancedChain:
		p.norm = 0.5
	case deepest == 1:
		p.norm = 0.6
	default:
		p.norm = 0.7
	}
	return p
}

// square is the loss of the paper's experiments.
func square() loss.Loss {
	l, err := loss.ByName("square")
	if err != nil {
		panic("theory: the square loss is not registered")
	}
	return l
}

func (p problem) observed() *tensor.Observed {
	full := dataset.Synthetic(p.shape, p.rank, 0, p.seed)
	observed, _ := dataset.Observe(full, dataset.Random, 0, p.share, p.seed)
	return observed
}

func (p problem) build() (*model.Chains, error) {
	chains, err := model.NewChains(p.observed(), square(), model.Config{Blocks: p.blocks, Depths: p.depths})
	if err != nil {
		return nil, err
	}
	return chains, draw(chains, p.shape, p.start, p.norm, p.seed)
}

// stopMSE ends a run when this part of the data's mean square is left: all components have emerged by then.
const stopMSE = 1e-5

// follow runs the flow until the data are explained.
func follow(ctx context.Context, sys flow.System, observed *tensor.Observed, settings flow.Settings, record flow.Recorder) (flow.Result, error) {
	var square float64
	for _, value := range observed.Values {
		square += value * value
	}
	settings.Stop.TrainMSE = stopMSE * square / float64(observed.Len())
	settings.Stop.Evaluations = 150_000
	in, err := flow.New(sys, settings)
	if err != nil {
		return flow.Result{}, err
	}
	result := in.Run(ctx, record)
	if result.Status == flow.Interrupted {
		return result, ctx.Err()
	}
	return result, nil
}

// depthName writes depths for people: one number where all are equal.
func depthName(depths []int) string {
	if slices.Min(depths) == slices.Max(depths) {
		return fmt.Sprint(depths[0])
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(depths), " ", ","), "[]")
}
