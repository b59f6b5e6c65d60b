package experiment

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// What SigmaW and SigmaA can be.
const (
	Deviation = "deviation"
	Variance  = "variance"
)

// What records can hold beside.
const (
	// MeasureSharpness is the largest eigenvalues of the Hessian of L by θ, to a relative error of 1e-8. Descent at the
	// rate η is stable while the first is below 2/η.
	MeasureSharpness = "sharpness"
	// MeasureEnergy is the energy of every block on the observed cells over that expected (model.ObservedEnergy).
	MeasureEnergy = "energy"
	// MeasureBalance is the unbalancedness ε (Definition 3.1) and, where the model has layers, the gap of each: A_1 …
	// A_k, then w.
	MeasureBalance = "balance"
	// MeasureStableRank, MeasureEntropyRank and MeasureNuclearNorm are, of the unfolding of the model along every mode,
	// with singular values s: Σ s² / max s², exp(−Σ p ln p) with p = s / Σ s (Roy and Vetterli 2007), and Σ s.
	MeasureStableRank  = "stable-rank"
	MeasureEntropyRank = "entropy-rank"
	MeasureNuclearNorm = "nuclear-norm"
	// MeasureAlignment is, for every true block of synthetic data, the largest |cosine| with a block above the threshold.
	MeasureAlignment = "alignment"
	// MeasureJumps is how often a block rose through the threshold so far, and how often one fell through it.
	MeasureJumps = "jumps"
)

// Phantom is the observed energy below which an emerged block counts as a phantom: it fits the few observed cells that
// it has a part in, and lies elsewhere. A block of Gaussian vectors of length 10, a fifth of the cells observed, has 1 ±
// 0.2.
const Phantom = 0.25

// Measures lists what Settings.Measure may name.
func Measures() []string {
	return []string{
		MeasureSharpness, MeasureEnergy, MeasureBalance, MeasureStableRank, MeasureEntropyRank, MeasureNuclearNorm,
		MeasureAlignment, MeasureJumps,
	}
}

// CheckMeasure returns an error for a measurement that is unknown or has no effect.
func (s *Settings) CheckMeasure() error {
	if s.Eigenvalues > 0 && !s.measures(MeasureSharpness) {
		return fmt.Errorf("eigenvalues = %d has no effect without measure = %q", s.Eigenvalues, MeasureSharpness)
	}
	if s.Measure == "" {
		return nil
	}
	for _, name := range strings.Split(s.Measure, ",") {
		if !slices.Contains(Measures(), strings.TrimSpace(name)) {
			return fmt.Errorf("measure = %q is unknown, choose among %s", name, List(Measures()))
		}
	}
	return nil
}

func (s *Settings) measures(what string) bool {
	return slices.ContainsFunc(strings.Split(s.Measure, ","), func(name string) bool {
		return strings.TrimSpace(name) == what
	})
}

// sharp is a model that knows the largest eigenvalues of its Hessian.
type sharp interface {
	Sharpness(count int, tolerance float64) ([]float64, error)
}

// measure adds to a record what the settings ask for. Eigenvalues that did not converge are left out.
func (r *Run) measure(now *Record) {
	if r.sharp != nil {
		if values, err := r.sharp.Sharpness(max(1, r.Settings.Eigenvalues), 1e-8); err == nil {
			now.Eigenvalues = values
		}
		if r.Settings.Descends() && now.Step > 0 {
			now.Edge = 2 / now.Step
		}
	}
	if r.Settings.measures(MeasureEnergy) {
		r.energy = slices.Grow(r.energy[:0], len(now.Deep))[:len(now.Deep)]
		r.Model.(Blockwise).ObservedEnergy(r.energy)
		now.Energy = r.energy
	}
	r.measureBlocks(now)
}

// Sharpness is the largest eigenvalue of the Hessian; NaN where it was not measured.
func (r Record) Sharpness() float64 {
	if len(r.Eigenvalues) == 0 {
		return math.NaN()
	}
	return r.Eigenvalues[0]
}

// Phantoms counts the emerged blocks of the model as it is that are phantoms; 0 for a model that has no blocks. It needs no
// cell but the observed ones.
func (r *Run) Phantoms() int {
	m, ok := r.Model.(Blockwise)
	if !ok {
		return 0
	}
	blocks := m.Blocks()
	norms, energy := make([]float64, blocks), make([]float64, blocks)
	m.DeepNorms(norms)
	m.ObservedEnergy(energy)
	threshold, count := float64(r.Settings.Threshold), 0
	if threshold == 0 {
		threshold = 1
	}
	for k, norm := range norms {
		if norm > threshold && energy[k] < Phantom {
			count++
		}
	}
	return count
}
