package experiment

import (
	"fmt"
	"slices"

	"lacuna/flow"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

func init() {
	for _, kind := range model.Networks() {
		Register(string(kind), func(train *tensor.Observed, l loss.Loss, s Settings) (Model, error) {
			return newNetwork(kind, train, l, s)
		})
	}
}

// Network reports whether the settings ask for a model.Network, which has singular values of unfoldings in place of
// blocks.
func (s *Settings) Network() bool {
	return slices.Contains(model.Networks(), model.NetworkKind(s.Model))
}

// newNetwork makes a tree of small tensors with chains of matrices on the modes, of whole depths.
func newNetwork(kind model.NetworkKind, train *tensor.Observed, l loss.Loss, s Settings) (Model, error) {
	depths, err := s.Depth.Whole()
	if err != nil {
		return nil, err
	}
	switch len(depths) {
	case 0:
		depths = make([]int, train.Order())
	case 1:
		depths = slices.Repeat(depths, train.Order())
	}
	n, err := model.NewNetwork(train, l, model.NetworkConfig{Kind: kind, Depths: depths, Bond: s.Bond})
	if err != nil {
		return nil, err
	}
	implicit := s.Integrator == "" || s.Integrator == string(flow.Implicit)
	if implicit && n.Parameters() > model.MostImplicit {
		return nil, fmt.Errorf("model %s of %d parameters: integrator %s needs its Hessian and takes at most %d: give a smaller bond, "+
			"or integrator %s, %s or a rule with a rate", kind, n.Parameters(), flow.Implicit, model.MostImplicit, flow.Explicit54,
			flow.Explicit)
	}
	return n, nil
}

// CheckNetwork returns an error for a setting without effect on the model that the settings ask for.
func (s *Settings) CheckNetwork() error {
	switch {
	case !s.Network() && s.Bond != 0:
		return fmt.Errorf("bond = %d has no effect without one of the models %s: leave it out", s.Bond, List(model.Networks()))
	case s.Bond < 0:
		return fmt.Errorf("bond = %d: give 1 or more, or leave it out for the full size", s.Bond)
	case !s.Network():
		return nil
	case s.Blocks != 0:
		return fmt.Errorf("blocks = %d has no effect on model %s, which has no blocks: leave it out, or give bond", s.Blocks, s.Model)
	case s.Start != "" && !slices.Contains(model.NetworkStarts(), model.Start(s.Start)):
		return fmt.Errorf("start = %q is none of model %s, choose among %s", s.Start, s.Model, List(model.NetworkStarts()))
	case s.Diagonal != 0:
		return fmt.Errorf("diagonal = %v has no effect on model %s: leave it out", s.Diagonal, s.Model)
	case s.measures(MeasureEnergy):
		return fmt.Errorf("measure = %q has no meaning for model %s, which has no blocks: leave %s out", s.Measure, s.Model, MeasureEnergy)
	}
	return nil
}
