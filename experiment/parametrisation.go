package experiment

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"lacuna/flow"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// Model is what a run needs of a parametrisation: it can be started, integrated and measured.
type Model interface {
	flow.System
	Draw(model.StartConfig) error
	Elsewhere(*tensor.Observed) *model.Elsewhere
	// Unbalancedness is what the flow conserves, at its largest.
	Unbalancedness() float64
}

// Blockwise is a Model that is a sum of blocks: one that has others, such as singular values, lacks these measures.
type Blockwise interface {
	Model
	ShallowNorms(norms []float64)
	ObservedEnergy(energy []float64)
	CP(threshold float64) *tensor.CP
}

// Unfolded is a Model whose norms are singular values of unfoldings, one unfolding after another.
type Unfolded interface {
	Model
	Unfoldings() []model.Unfolding
}

// Parametrisation makes a model of the given cells, all of whose parameters are zero, from Blocks, Depth and Threads
// and whatever else of the settings it knows.
type Parametrisation func(train *tensor.Observed, l loss.Loss, s Settings) (Model, error)

var parametrisations = map[string]Parametrisation{
	"balanced": newBalanced,
	"chains":   newChains(model.Float64),
	"chains32": newChains(model.Float32),
}

// Register adds a parametrisation, which Settings.Model then may name. It is called from init functions; a name that is
// taken panics.
func Register(name string, p Parametrisation) {
	if parametrisations[name] != nil {
		panic("experiment: Register: the name is taken")
	}
	parametrisations[name] = p
}

// Parametrisations lists the names of all, sorted.
func Parametrisations() []string { return slices.Sorted(maps.Keys(parametrisations)) }

// parametrisation is the name of the one that the settings ask for.
func (s *Settings) parametrisation() string {
	switch {
	case s.Model != "":
		return s.Model
	case s.Balanced:
		return "balanced"
	case s.DType == string(model.Float32):
		return "chains32"
	}
	return "chains"
}

// CheckModel returns an error if the settings name no parametrisation, or two.
func (s *Settings) CheckModel() error {
	switch {
	case parametrisations[s.parametrisation()] == nil:
		return fmt.Errorf("model = %q is unknown, choose one of %s", s.Model, List(Parametrisations()))
	case s.Model != "" && (s.Balanced || s.DType == string(model.Float32)):
		return fmt.Errorf("model = %q: leave balanced and dtype out, which choose a model themselves", s.Model)
	}
	return nil
}

// Build makes the model that the settings ask for on the cells it is to be trained on, and draws its start.
func (s *Settings) Build(train *tensor.Observed) (Model, error) {
	l, err := loss.ByName(cmp.Or(s.Loss, loss.Square.Name()))
	if err != nil {
		return nil, err
	}
	if err := loss.CheckTargets(l, train.Values); err != nil {
		return nil, err
	}
	if err := s.CheckModel(); err != nil {
		return nil, err
	}
	m, err := parametrisations[s.parametrisation()](train, l, *s)
	if err != nil {
		return nil, err
	}
	sigma := func(x Number) float64 {
		if s.SigmaIs == Variance {
			return math.Sqrt(float64(x))
		}
		return float64(x)
	}
	return m, m.Draw(model.StartConfig{
		Start: model.Start(s.Start), SigmaW: sigma(s.SigmaW), SigmaA: sigma(s.SigmaA), Diagonal: float64(s.Diagonal),
		Seed: s.Seed,
	})
}
