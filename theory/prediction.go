package theory

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/flow"
	"lacuna/internal/linalg"
	"lacuna/model"
	"lacuna/tensor"
)

// Emerged is a block and the flow time at which its deep norm passed the threshold 1 for the first time.
type Emerged struct {
	Block int     `json:"block"`
	Time  float64 `json:"time"`
}

// Transition says what the small blocks are taken to see while the emerged ones are on their way to a fit.
type Transition string

// The transitions.
const (
	// Jump is the limit of small starts: the emerged blocks reach their fit at once.
	Jump Transition = "jump"
	// Path lets the residual move as the flow of the emerged blocks alone moves it.
	Path Transition = "path"
)

// pull is the loss ℓ(w, a) = −a w. With the residual A − W in place of the values its gradient is that of the square
// loss at W, whatever the model is: every block then follows a flow of its own,
//
//	dθ_r/dt = ∂/∂θ_r ⟨−∇L(W), ⊗_n v_r^n⟩ ,
//
// which is the flow of the model as long as the block is small beside the residual.
type pull struct{}

func (pull) Name() string { return "pull" }

func (pull) At(w, a float64) (value, first, second float64) { return -float64(a * w), -a, 0 }

func (pull) Mean(w float64) float64 { return w }

const (
	fitted2     = 1e-6   // part of the data's mean square at which nothing is left to emerge
	knot        = 0.02   // change of the residual, over the norm of the data, after which the small blocks see it
	mostOfStage = 20_000 // gradient evaluations of the emerged blocks, or of the small ones, between two emergences
	mostAway    = 1_000  // of the emerged ones once one of them runs away
)

// predictor follows small blocks and emerged ones apart.
type predictor struct {
	observed  *tensor.Observed
	depths    []int
	tolerance float64
	how       Transition

	small    *model.Chains // all blocks; those that emerged are zero
	residual []float64     // what small is pulled by
	grown    *model.Chains // the emerged ones; nil before the first
	members  []int         // their numbers in the model
	now      float64
	found    []Emerged
}

// Predict returns, in order, when which block of a model of chains emerges under the square loss, from the start and
// the data alone: small blocks follow the gradient at the residual that the emerged ones leave, each by itself, and the
// emerged ones follow their own flow without the small ones. It ends where the data are fitted, or nothing more emerges
// within the evaluations of a stage; with Jump, too, where a block runs away, because then there is no fit to jump to.
// With Path the next block may emerge on the way and hold it back. tolerance is that of the integrators, 0 meaning 1e-3.
//
// The error is what the two leave out: the part of the small blocks in the residual, and with Jump the time that the
// emerged ones take to their fit.
func Predict(
	ctx context.Context, observed *tensor.Observed, depths []int, start []model.Block, how Transition, tolerance float64,
) ([]Emerged, error) {
	if how != Jump && how != Path {
		return nil, fmt.Errorf("theory: transition %q is unknown, choose %s or %s", how, Jump, Path)
	}
	if tolerance == 0 {
		tolerance = 1e-3
	}
	p := &predictor{
		observed: observed, depths: depths, tolerance: tolerance, how: how, residual: slices.Clone(observed.Values),
	}
	pulled := observed.WithValues(p.residual)
	p.residual = pulled.Values
	var err error
	if p.small, err = model.NewChains(pulled, pull{}, model.Config{Blocks: len(start), Depths: depths}); err != nil {
		return nil, err
	}
	for r, b := range start {
		p.small.SetBlock(r, b)
	}
	for more := true; more; {
		if more, err = p.stage(ctx); err != nil {
			return nil, err
		}
	}
	return p.found, ctx.Err()
}

// stage goes on to the next emergence. It reports false where there is none.
func (p *predictor) stage(ctx context.Context) (more bool, err error) {
	if p.grown == nil {
		emerged, _, err := p.grow(ctx, math.Inf(1))
		return len(emerged) > 0, p.admit(emerged, err)
	}
	stop := flow.Stop{TrainMSE: fitted2 * p.observed.MeanSquare(), Evaluations: mostOfStage}
	if p.how == Path {
		stop.Runaway = -1
	}
	in, err := flow.New(p.grown, flow.Settings{Tolerance: p.tolerance, Stop: stop})
	if err != nil {
		return false, err
	}
	scale := knot * math.Sqrt(linalg.Norm2(p.observed.Values))
	before := p.left()
	away := math.MaxInt // evaluations when a block began to run away
	for at := 0.0; ; {
		from := p.grown.State()
		// A block that runs away has no fit, but what it leaves hardly changes after so many evaluations.
		crept := false
		result := in.Run(ctx, func(s *flow.Snapshot) bool {
			for _, e := range s.Events {
				if e.Kind == flow.RunawayStarted {
					away = min(away, s.Evaluations)
				}
			}
			crept = p.how == Path && s.Evaluations-mostAway > away
			return crept || p.how == Path && math.Sqrt(distance2(p.left(), before)) > scale
		})
		after, settled := p.left(), crept || result.Status == flow.Equilibrium
		switch result.Status {
		case flow.Stopped, flow.Equilibrium:
		case flow.Converged:
			if p.how == Jump {
				return false, nil
			}
		default: // ran away, or went nowhere
			return false, ctx.Err()
		}
		for c := range p.residual {
			p.residual[c] = (before[c] + after[c]) / 2
		}
		span := result.Time - at
		if p.how == Jump {
			copy(p.residual, after)
			span = math.Inf(1)
		}
		emerged, passed, err := p.grow(ctx, span)
		if len(emerged) > 0 && p.how == Path && err == nil {
			err = p.rewind(ctx, from, passed)
		}
		if len(emerged) > 0 || err != nil {
			return len(emerged) > 0, p.admit(emerged, err)
		}
		if result.Status == flow.Converged || p.how == Jump {
			return false, nil
		}
		if settled {
			copy(p.residual, after)
			emerged, _, err := p.grow(ctx, math.Inf(1))
			return len(emerged) > 0, p.admit(emerged, err)
		}
		at, before = result.Time, after
	}
}

// left returns the residual that the emerged blocks leave.
func (p *predictor) left() []float64 {
	out := slices.Clone(p.observed.Values)
	for c, w := range p.grown.Prediction() {
		out[c] -= w
	}
	return out
}

// grow moves the small blocks for some time, or until some emerge. It returns those, and the time that passed.
func (p *predictor) grow(ctx context.Context, span float64) (blocks []int, passed float64, err error) {
	stop := flow.Stop{TrainMSE: -1, Runaway: -1, Evaluations: mostOfStage, Time: 1e300}
	if !math.IsInf(span, 1) {
		stop.Time = span
	}
	in, err := flow.New(p.small, flow.Settings{Method: flow.Explicit54, Tolerance: p.tolerance, Stop: stop})
	if err != nil {
		return nil, 0, err
	}
	result := in.Run(ctx, func(s *flow.Snapshot) bool {
		for _, e := range s.Events {
			if e.Kind == flow.Emergence {
				blocks = append(blocks, e.Block)
				p.found = append(p.found, Emerged{Block: e.Block, Time: p.now + e.Time})
			}
		}
		return len(blocks) > 0
	})
	p.now += result.Time
	return blocks, result.Time, ctx.Err()
}

// rewind brings the emerged blocks to a time after the state that they had.
func (p *predictor) rewind(ctx context.Context, state []byte, passed float64) error {
	if err := p.grown.SetState(state); err != nil {
		return err
	}
	if passed == 0 {
		return nil
	}
	in, err := flow.New(p.grown, flow.Settings{
		Tolerance: p.tolerance, Stop: flow.Stop{TrainMSE: -1, Runaway: -1, Time: passed, Evaluations: mostOfStage},
	})
	if err == nil {
		in.Run(ctx, nil)
	}
	return err
}

// admit moves blocks from the small ones to the emerged.
func (p *predictor) admit(emerged []int, err error) error {
	if err != nil || len(emerged) == 0 {
		return err
	}
	old := p.grown
	if p.grown, err = model.NewChains(p.observed, square(), model.Config{
		Blocks: len(p.members) + len(emerged), Depths: p.depths,
	}); err != nil {
		return err
	}
	for i := range p.members {
		p.grown.SetBlock(i, old.Block(i))
	}
	for _, r := range emerged {
		b := p.small.Block(r)
		p.grown.SetBlock(len(p.members), b)
		p.members = append(p.members, r)
		for n := range b.W {
			clear(b.W[n])
			for _, a := range b.A[n] {
				clear(a)
			}
		}
		p.small.SetBlock(r, b)
	}
	p.grown.Gradient(0, nil)
	return nil
}

func distance2(a, b []float64) float64 {
	var sum float64
	for i, x := range a {
		d := x - b[i]
		sum += float64(d * d)
	}
	return sum
}
