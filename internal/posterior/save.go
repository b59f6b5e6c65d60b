package posterior

import (
	"fmt"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/tensor"
)

// Saved is a posterior as it is written to a file.
type Saved struct {
	Blocks  int
	Samples []SavedSample
	Chains  []int
}

// SavedSample is a sample in a file. Blocks counts those that make lane groups up.
type SavedSample struct {
	Blocks  int
	Factors [][]float64
	Scatter SavedScatter
}

// SavedScatter is the noise of a sample: the name of its distribution, and its parameters.
type SavedScatter struct {
	Name    string
	Numbers []float64
	Rows    [][]float64 // of every index of every mode
	Parts   []SavedScatter
}

// savable is a Scatter that can be written to a file.
type savable interface {
	Scatter
	save() SavedScatter
}

// groupLoaders make noises by name from what they saved, for a tensor of that shape; nil where that does not fit.
var groupLoaders = map[string]func(s SavedScatter, shape tensor.Shape) Scatter{
	"spread":      loadSpread,
	"coins":       loadCoins,
	"counts":      loadCounts,
	"ratings":     loadRatings,
	"exponential": loadExponential,
}

func (k coins) save() SavedScatter { return SavedScatter{Name: "coins", Numbers: []float64{k.trials}} }

func loadCoins(s SavedScatter, _ tensor.Shape) Scatter {
	if len(s.Numbers) != 1 {
		return nil
	}
	return coins{s.Numbers[0]}
}

func (s spread) save() SavedScatter {
	return SavedScatter{Name: "spread", Numbers: []float64{s.level, s.freedom}, Rows: s.index}
}

func loadSpread(s SavedScatter, shape tensor.Shape) Scatter {
	if len(s.Numbers) != 2 || len(s.Rows) != 0 && len(s.Rows) != len(shape) {
		return nil
	}
	for n, row := range s.Rows {
		if len(row) != shape[n] {
			return nil
		}
	}
	out := spread{level: s.Numbers[0], freedom: s.Numbers[1]}
	if len(s.Rows) > 0 {
		out.index = s.Rows
	}
	return out
}

// Save returns what Load makes the posterior from. It shares the factors.
func (p *Posterior) Save() (Saved, error) {
	out := Saved{Blocks: p.Blocks, Chains: p.Chains}
	for _, s := range p.Samples {
		scatter, ok := s.Scatter.(savable)
		if !ok {
			return out, fmt.Errorf("noise of type %T cannot be saved", s.Scatter)
		}
		out.Samples = append(out.Samples, SavedSample{s.Blocks, s.Factors, scatter.save()})
	}
	return out, nil
}

// Load returns the posterior of a tensor of that shape that was saved. It refuses what does not fit together.
func (s Saved) Load(shape tensor.Shape) (*Posterior, error) {
	p := &Posterior{Blocks: s.Blocks, Chains: s.Chains}
	kept, damaged := 0, false
	for _, count := range s.Chains {
		kept, damaged = kept+count, damaged || count < 0
	}
	if damaged || s.Chains != nil && kept != len(s.Samples) {
		return nil, fmt.Errorf("chains of %v samples are not %d", s.Chains, len(s.Samples))
	}
	for k, saved := range s.Samples {
		m := &tensor.CP{Shape: slices.Clone(shape), Blocks: saved.Blocks}
		if saved.Blocks < 1 || saved.Blocks%kernel.Lanes != 0 || len(saved.Factors) != len(shape) {
			return nil, fmt.Errorf("sample %d has %d blocks and %d factors", k, saved.Blocks, len(saved.Factors))
		}
		for n, d := range shape {
			if len(saved.Factors[n]) != d*saved.Blocks {
				return nil, fmt.Errorf("sample %d has a factor of %d numbers for %d labels", k, len(saved.Factors[n]), d)
			}
			factor := kernel.Make[float64](d * saved.Blocks)
			copy(factor, saved.Factors[n])
			m.Factors = append(m.Factors, factor)
		}
		load := groupLoaders[saved.Scatter.Name]
		if saved.Scatter.Name == "mixed" {
			load = loadMixed
		}
		if load == nil {
			return nil, fmt.Errorf("sample %d has noise %q, which is not known", k, saved.Scatter.Name)
		}
		scatter := load(saved.Scatter, shape)
		if scatter == nil || saved.Blocks != s.Samples[0].Blocks {
			return nil, fmt.Errorf("sample %d does not fit the table", k)
		}
		p.Samples = append(p.Samples, Sample{m, scatter})
	}
	return p, nil
}
