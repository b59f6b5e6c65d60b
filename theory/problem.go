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
	case start == model.BalancedRankOne || start == RankOneAligned || start == model.BalancedChain:
		p.norm = 0.5
	case deepest == 1:
		p.norm = 0.6
	default:
		p.norm = 0.7
	}
	return p
}

// square is the loss of the paper's experiments.
func square() loss.Loss { return loss.Square }

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
	return chains, p.draw(chains)
}

const (
	stopMSE       = 1e-5    // a run ends when this part of the data's mean square is left,
	emergedMSE    = 1e-3    // or this, once as many blocks have emerged as
	enough        = 3       // a statement is to be followed through
	mostEvaluated = 200_000 // gradient evaluations of a run
)

// system is a model that is trained on some cells.
type system interface {
	flow.System
	Observed() *tensor.Observed
}

// emerged lists the blocks of all emergences, in order.
func emerged(events []flow.Event) []int {
	var blocks []int
	for _, e := range events {
		if e.Kind == flow.Emergence {
			blocks = append(blocks, e.Block)
		}
	}
	return blocks
}

// follow runs the flow until the data are explained.
func follow(ctx context.Context, sys system, settings flow.Settings, record flow.Recorder) (flow.Result, error) {
	square := sys.Observed().MeanSquare()
	settings.Stop.TrainMSE = stopMSE * square
	settings.Stop.Evaluations = mostEvaluated
	in, err := flow.New(sys, settings)
	if err != nil {
		return flow.Result{}, err
	}
	count := 0
	result := in.Run(ctx, func(s *flow.Snapshot) bool {
		count += len(emerged(s.Events))
		return record(s) || count >= enough && s.MSE <= emergedMSE*square
	})
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
