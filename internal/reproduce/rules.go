package reproduce

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lacuna/dataset"
	"lacuna/experiment"
	"lacuna/flow"
	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/study"
	"lacuna/tensor"
)

// rule is an update rule under which the paper's claims are judged.
type rule struct {
	name  string
	words string // "holds for the …"
	// about says what is not in the paper.
	about string
	apply func(w *work, s *study.Settings) error
}

// The paper names neither rule nor rate, batch, or number of steps.
const (
	adamRate  = 1e-3
	batch     = 128
	ruleSteps = 5_000
	// Shares of the edge 2/λ at which descent runs.
	belowEdge  = 0.5
	nearlyEdge = 0.95
)

var rules = []rule{
	{"flow", "the gradient flow", "The exact gradient flow, which the paper's theory is about. Not in the paper: that " +
		"an experiment follows it. Runaways are cut off where a " +
		"block has outgrown the data threefold; their rank and loss are censored: drawn apart, and not in any median.", nil},
	{
		"descent", "descent at half the edge of stability", "Descent on all cells. Not in the paper: the rate, fixed for each depth: " +
			"half of 2/λ, λ being the sharpness of the balanced solution of that depth; the number of steps; that σ is read as a variance: " +
			"read as a deviation, descent at any stable rate needs 10⁶ steps and more to the first emergence from most starts; float32 in " +
			"Figures 4 and 5.",
		func(w *work, s *study.Settings) error { return w.descend(s, belowEdge, 0) },
	},
	{
		"edge", "descent at the edge of stability", "As descent, at 0.95 of 2/λ: no block can be much sharper than " +
			"the solution.",
		func(w *work, s *study.Settings) error { return w.descend(s, nearlyEdge, 0) },
	},
	{
		"adam", "Adam on batches", fmt.Sprintf("Adam at the rate %g on batches of %d, in float32. Not in the paper: all of this, the number of "+
			"steps, and that σ is read as a variance; the code that the same authors published for their next paper has this rule, rate and "+
			"batch. Read as a deviation the gradients of Figure 2 at depth 1 "+
			"lie below Adam's ε of 1e-8, and nothing moves.", adamRate, batch),
		func(w *work, s *study.Settings) error {
			s.Integrator, s.Rate, s.Batch, s.SigmaIs = string(flow.Adam), adamRate, batch, experiment.Variance
			s.DType, s.Epsilon = string(model.Float32), study.Number(w.Epsilon)
			return nil
		},
	},
	{
		"sgd", "stochastic descent", fmt.Sprintf("As descent, on batches of %d, which are not in the paper either.", batch),
		func(w *work, s *study.Settings) error { return w.descend(s, belowEdge, batch) },
	},
}

// Rules lists the names of the update rules under which claims are judged.
func Rules() []string {
	var names []string
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// rulesOf returns the rule of a name, or all; "" is flow.
func rulesOf(name string) ([]rule, error) {
	switch name {
	case "":
		return rules[:1], nil
	case "all":
		return rules, nil
	}
	i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
	if i < 0 {
		return nil, fmt.Errorf("reproduce: rule %q is unknown, choose one of %s, all", name, strings.Join(Rules(), ", "))
	}
	return rules[i : i+1], nil
}

// adapt makes a run follow the rule, and small for Quick.
func (w *work) adapt(s *study.Settings) error {
	if w.Quick {
		s.Blocks = min(s.Blocks, quickBlocks)
		if s.Data != "" {
			s.Blocks = quickRealBlocks
		}
		s.Evaluations = min(s.Evaluations, quickEvaluations)
	}
	if w.rule.apply != nil {
		s.Tolerance, s.Evaluations, s.Runaway = 0, w.steps(), -1
		if err := w.rule.apply(w, s); err != nil {
			return err
		}
	}
	if w.SigmaIs != "" {
		s.SigmaIs = w.SigmaIs
	}
	s.Normalise()
	if shape, err := experiment.ParseShape(s.Shape); err == nil && s.Batch > 0 {
		// Of small tables a batch is no more than half.
		s.Batch = min(s.Batch, int(float64(s.Observed)*float64(tensor.Shape(shape).Cells()))/2)
	}
	return nil
}

// steps is how many the rules with a rate do.
func (o Options) steps() int {
	switch {
	case o.Steps > 0:
		return o.Steps
	case o.Quick:
		return quickSteps
	}
	return ruleSteps
}

// descend makes a run one of descent at a share of the edge.
func (w *work) descend(s *study.Settings, share float64, batch int) error {
	sharpness, err := w.sharpness(*s)
	if err != nil {
		return err
	}
	// Two digits, so that identities of runs hang on nothing that rounding changes.
	rate, err := strconv.ParseFloat(strconv.FormatFloat(share*2/sharpness, 'e', 1, 64), 64)
	if err != nil {
		return err
	}
	s.Integrator, s.Batch, s.SigmaIs = string(flow.Descent), batch, experiment.Variance
	s.Rate = study.Number(rate)
	return nil
}

// ratesOf says which rate a rule takes at which depth; "" if it has none.
func ratesOf(settings []study.Settings) string {
	rates := map[float64][]study.Number{}
	for _, s := range settings {
		if k, uniform := s.Depth.Uniform(); uniform && s.Descends() && !slices.Contains(rates[k], s.Rate) {
			rates[k] = append(rates[k], s.Rate)
		}
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(rates)) {
		words = append(words, fmt.Sprintf("%s at depth %g", experiment.List(textsOf(rates[k])), k))
	}
	if len(words) == 0 {
		return ""
	}
	return "Rates: " + strings.Join(words, "; ") + "."
}

func textsOf(numbers []study.Number) (texts []string) {
	for _, x := range numbers {
		texts = append(texts, x.String())
	}
	return texts
}

// sharpness is the largest eigenvalue of the Hessian at the solution of a run's depth: the true blocks of the synthetic
// tensor, or those that the flow finds in a table, as balanced chains.
func (w *work) sharpness(s study.Settings) (float64, error) {
	k, _ := s.Depth.Uniform()
	data := fmt.Sprint(s.Data, s.DataSeed, s.Shape, s.Rank, s.Observed, s.Mask, s.Pattern, s.Bridges, s.Standardise)
	key := fmt.Sprint(data, k)
	if value, known := w.sharp[key]; known {
		return value, nil
	}
	s.Normalise()
	train, _, err := w.Data.Split(s)
	if err != nil {
		return 0, err
	}
	factors, known := w.solved[data]
	if !known {
		if factors, err = w.solution(s, train); err != nil {
			return 0, err
		}
		w.solved[data] = factors
	}
	c, err := model.NewChains(train, loss.Square, model.Config{Blocks: len(factors), Depths: []int{int(k)}})
	if err != nil {
		return 0, err
	}
	for r, vectors := range factors {
		c.SetBlock(r, balancedChain(vectors, int(k)))
	}
	c.Gradient(0, nil)
	values, err := c.Sharpness(1, 1e-8)
	if err != nil {
		return 0, err
	}
	w.sharp[key] = values[0]
	return values[0], nil
}

// solution returns the vectors of the blocks that a run should find.
func (w *work) solution(s study.Settings, train *tensor.Observed) (blocks [][][]float64, err error) {
	if s.Data == "synthetic" {
		shape := train.Shape()
		factors := dataset.SyntheticFactors(shape, s.Rank, s.DataSeed)
		for r := range s.Rank {
			var vectors [][]float64
			for n, d := range shape {
				v := make([]float64, d)
				for i := range v {
					v[i] = factors[n][i][r]
				}
				vectors = append(vectors, v)
			}
			blocks = append(blocks, vectors)
		}
		return blocks, nil
	}
	set := study.Settings{Blocks: s.Blocks, Tolerance: tolerance, Evaluations: 300, Runaway: runaway, SigmaW: 0.001, Seed: 1}
	run, err := experiment.New(set, experiment.Cells{Train: train})
	if err != nil {
		return nil, err
	}
	run.Follow(w.ctx, nil)
	if w.ctx.Err() != nil {
		return nil, context.Cause(w.ctx)
	}
	cp := run.Model.(experiment.Blockwise).CP(1)
	for r := range cp.Blocks {
		var vectors [][]float64
		for n, d := range cp.Shape {
			v := make([]float64, d)
			for i := range v {
				v[i] = cp.Factors[n][i*cp.Blocks+r]
			}
			vectors = append(vectors, v)
		}
		blocks = append(blocks, vectors)
	}
	if len(blocks) == 0 {
		return nil, fmt.Errorf("reproduce: no block emerged in 300 evaluations of the flow, whose sharpness would give the rate")
	}
	return blocks, nil
}

// balancedChain is the block of depth k whose vectors these are, but for norm moved between the modes, all of whose
// factors have one norm: w = s u, A_i = s u uᵀ.
func balancedChain(vectors [][]float64, k int) model.Block {
	logs := 0.0
	for _, v := range vectors {
		logs += portable.Log(linalg.Norm(v))
	}
	scale := portable.Exp(logs / float64(len(vectors)*(k+1)))
	b := model.Block{W: make([][]float64, len(vectors)), A: make([][][]float64, len(vectors))}
	for n, v := range vectors {
		unit := slices.Clone(v)
		linalg.ScaleTo(unit, 1)
		b.W[n] = slices.Clone(unit)
		linalg.Scale(b.W[n], scale)
		for range k {
			b.A[n] = append(b.A[n], linalg.Outer(b.W[n], unit))
		}
	}
	return b
}
