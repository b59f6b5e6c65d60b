// Package loss holds the functions ℓ that compare a predicted cell with an observed one.
//
// The loss of a model is L(W) = 1/|Ω| Σ_{i∈Ω} ℓ(W_i, A_i) (Section 2 of Hariz et al. 2022, with ℓ(W_i − A_i) as the
// usual special case). A loss is one file: a type with the three methods below and a line in Names.
package loss

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Loss is a twice differentiable function of a prediction w, given the observed value a.
type Loss interface {
	// Name is the word by which ByName finds it.
	Name() string
	// At returns ℓ(w, a), ∂ℓ/∂w and ∂²ℓ/∂w².
	At(w, a float64) (value, first, second float64)
	// Mean returns the expected observation for a prediction w: w itself, or a probability.
	Mean(w float64) float64
}

var byName = map[string]Loss{}

func register(l Loss) Loss {
	byName[l.Name()] = l
	return l
}

// Names lists the losses that ByName knows, sorted.
func Names() []string {
	return slices.Sorted(maps.Keys(byName))
}

// ByName returns the loss of that name with its default parameter.
func ByName(name string) (Loss, error) {
	if l, ok := byName[name]; ok {
		return l, nil
	}
	return nil, fmt.Errorf("loss: %q is unknown, choose one of %s", name, strings.Join(Names(), ", "))
}

// CheckTargets returns an error if the loss is undefined for a value.
func CheckTargets(l Loss, values []float64) error {
	checker, ok := l.(interface{ CheckTarget(a float64) error })
	if !ok {
		return nil
	}
	for _, a := range values {
		if err := checker.CheckTarget(a); err != nil {
			return err
		}
	}
	return nil
}
