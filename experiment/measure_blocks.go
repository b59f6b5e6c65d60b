package experiment

import (
	"fmt"
	"math"

	"lacuna/flow"
	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/tensor"
)

// Series is a measurement of several numbers a record.
type Series struct {
	Name   string                     // of the column
	Title  string                     // of a picture
	Of     func(r *Record) *[]float64 // where a record keeps it; nil there means not measured
	Legend []string                   // names of the first numbers; those that follow are numbered
}

// Longest is how many numbers of it a record of a trajectory has at most.
func (s Series) Longest(t *Trajectory) int {
	most := 0
	for k := range t.Records {
		most = max(most, len(*s.Of(&t.Records[k])))
	}
	return most
}

// Measurements are the measurements of Settings.Measure that a record holds as lists, but for eigenvalues and energies.
func Measurements() []Series {
	return []Series{
		{"balance", "balance", func(r *Record) *[]float64 { return &r.Balance }, []string{"ε"}},
		{"stable_rank", "stable rank of the unfoldings", func(r *Record) *[]float64 { return &r.StableRank }, nil},
		{"entropy_rank", "entropy rank of the unfoldings", func(r *Record) *[]float64 { return &r.EntropyRank }, nil},
		{"nuclear_norm", "nuclear norm of the unfoldings", func(r *Record) *[]float64 { return &r.NuclearNorm }, nil},
		{"alignment", "alignment with the true blocks", func(r *Record) *[]float64 { return &r.Alignment }, nil},
		{"jumps", "jumps so far", func(r *Record) *[]float64 { return &r.Jumps }, []string{"up", "down"}},
	}
}

// layered is a model whose blocks are chains of layers.
type layered interface {
	Depths() []int
	FactorNorms2(r, n int) []float64
}

// checkTruth returns an error where alignment is asked for and there is nothing to be aligned with.
func (r *Run) checkTruth() error {
	if _, ok := r.Model.(Blockwise); !ok && r.Settings.measures(MeasureAlignment) {
		return fmt.Errorf("experiment: measure = %q: %s has no blocks: leave it out", MeasureAlignment, r.Settings.Model)
	}
	if r.Settings.measures(MeasureAlignment) && r.Cells.Truth == nil {
		return fmt.Errorf("experiment: measure = %q needs the true blocks: take synthetic data that are not standardised",
			MeasureAlignment)
	}
	return nil
}

// measureBlocks adds to a record what is measured of the blocks.
func (r *Run) measureBlocks(now *Record) {
	s := &r.Settings
	if s.measures(MeasureBalance) {
		now.Balance = r.balance()
	}
	if s.measures(MeasureJumps) {
		now.Jumps = r.jumps[:]
	}
	if s.measures(MeasureStableRank) || s.measures(MeasureEntropyRank) || s.measures(MeasureNuclearNorm) {
		for _, values := range r.singularValues(now.Deep) {
			stable, entropy, nuclear := ranksOf(values)
			if s.measures(MeasureStableRank) {
				now.StableRank = append(now.StableRank, stable)
			}
			if s.measures(MeasureEntropyRank) {
				now.EntropyRank = append(now.EntropyRank, entropy)
			}
			if s.measures(MeasureNuclearNorm) {
				now.NuclearNorm = append(now.NuclearNorm, nuclear)
			}
		}
	}
	if s.measures(MeasureAlignment) {
		now.Alignment = alignment(r.Model.(Blockwise).CP(s.threshold()), r.Cells.Truth)
	}
}

// singularValues returns those of every unfolding of the model's tensor: of its modes where the model is a sum of blocks,
// else of the unfoldings whose singular values deep is.
func (r *Run) singularValues(deep []float64) (values [][]float64) {
	if m, ok := r.Model.(Unfolded); ok {
		for _, u := range m.Unfoldings() {
			values = append(values, deep[u.From:u.To])
		}
		return values
	}
	cp := r.Model.(Blockwise).CP(0)
	for n := range cp.Shape {
		values = append(values, unfolded(cp, n))
	}
	return values
}

// balance returns ε and, for chains, the gap of every layer i: the largest | ‖factor i‖² − ‖w_r^1‖² | over blocks r and
// modes, which the flow keeps as it is (Lemma 4.1); first those of A_1 … A_k, last that of w.
func (r *Run) balance() []float64 {
	out := []float64{r.Model.Unbalancedness()}
	m, ok := r.Model.(layered)
	if !ok {
		return out
	}
	depths, deepest := m.Depths(), 0
	for _, k := range depths {
		deepest = max(deepest, k)
	}
	gaps := make([]float64, deepest+1)
	for block := range r.Model.Blocks() {
		first := m.FactorNorms2(block, 0)
		reference := first[len(first)-1]
		for n, k := range depths {
			norms2 := m.FactorNorms2(block, n)
			for i, norm2 := range norms2 {
				layer := i
				if i == k {
					layer = deepest
				}
				gaps[layer] = math.Max(gaps[layer], math.Abs(norm2-reference))
			}
		}
	}
	return append(out, gaps...)
}

// note counts the jumps among events.
func (r *Run) note(events []flow.Event) {
	for _, e := range events {
		switch e.Kind {
		case flow.Emergence:
			r.jumps[0]++
		case flow.Disappearance:
			r.jumps[1]++
		}
	}
}

// threshold is the norm above which a block counts.
func (s *Settings) threshold() float64 {
	if s.Threshold == 0 {
		return 1
	}
	return float64(s.Threshold)
}

// unfolded returns the singular values of the unfolding along mode n, by the eigenvalues of its d_n×d_n Gram matrix
// V_n (∗_{m≠n} V_mᵀV_m) V_nᵀ: those below 1e-8 of the largest are rounding.
func unfolded(cp *tensor.CP, n int) []float64 {
	blocks, d := cp.Blocks, cp.Shape[n]
	core := make([]float64, blocks*blocks)
	for i := range core {
		core[i] = 1
	}
	for m, size := range cp.Shape {
		if m == n {
			continue
		}
		for a := range blocks {
			for b := range blocks {
				var sum float64
				for i := range size {
					row := cp.Row(m, int32(i))
					sum += float64(row[a] * row[b])
				}
				core[a*blocks+b] *= sum
			}
		}
	}
	half, gram := make([]float64, d*blocks), make([]float64, d*d)
	for i := range d {
		row := cp.Row(n, int32(i))
		for a, x := range row {
			for b := range blocks {
				half[i*blocks+b] += float64(x * core[a*blocks+b])
			}
		}
	}
	for i := range d {
		for j := range d {
			gram[i*d+j] = linalg.Dot(half[i*blocks:][:blocks], cp.Row(n, int32(j)))
		}
	}
	values, _ := linalg.Eigen(gram, d)
	for i, x := range values {
		values[i] = math.Sqrt(math.Max(0, x))
	}
	return values
}

// ranksOf returns stable rank, entropy rank and nuclear norm of singular values in falling order; 0 where all are.
func ranksOf(values []float64) (stable, entropy, nuclear float64) {
	for _, s := range values {
		nuclear += s
	}
	if nuclear == 0 {
		return 0, 0, 0
	}
	for _, s := range values {
		relative := s / values[0]
		stable += float64(relative * relative)
		if p := s / nuclear; p > 0 {
			entropy -= float64(p * portable.Log(p))
		}
	}
	return stable, portable.Exp(entropy), nuclear
}

// alignment returns for every block of truth the largest |cosine| with a block of cp.
func alignment(cp, truth *tensor.CP) []float64 {
	out := make([]float64, truth.Blocks)
	for s := range out {
		for r := range cp.Blocks {
			cosine := 1.0
			for n := range truth.Shape {
				a, b := cp.Column(n, r), truth.Column(n, s)
				cosine *= linalg.Dot(a, b) / math.Sqrt(float64(linalg.Norm2(a)*linalg.Norm2(b)))
			}
			out[s] = math.Max(out[s], math.Abs(cosine))
		}
	}
	return out
}
