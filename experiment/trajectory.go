package experiment

import (
	"cmp"
	"slices"
)

// Record is a run between two steps. Values that were not measured are NaN.
type Record struct {
	Steps       int
	Time        float64 // t of the flow
	Step        float64 // the step that led here
	Evaluations int     // gradient evaluations so far
	Wall        float64 // seconds so far
	Loss        float64 // L, with the loss's own factor (½ z² for the square loss)
	TrainMSE    float64 // plain mean squared errors
	TestMSE     float64
	HeldOut     float64
	Epsilon     float64   // unbalancedness ε (Definition 3.1)
	Rank        int       // effective rank
	Deep        []float64 // ‖⊗_n v_r^n‖ for every block of Trajectory.Blocks
	Shallow     []float64 // ‖⊗_n w_r^n‖ for every block
	Largest     float64   // of Deep
	Eigenvalues []float64 // the largest of the Hessian by θ, falling; nil unless Settings.Measure asks for them
	Edge        float64   // 2/η of the step that led here, beside Eigenvalues; NaN where no rate made it
	Energy      []float64 // model.ObservedEnergy of every block of Trajectory.Blocks; nil unless Settings.Measure asks
	// What Measurements lists, nil unless Settings.Measure asks for it.
	Balance     []float64 // ε, then the gap of every layer, if the model has layers
	StableRank  []float64 // of the unfolding along every mode, as the next two
	EntropyRank []float64
	NuclearNorm []float64
	Alignment   []float64 // of every true block
	Jumps       []float64 // emergences and disappearances so far
}

// Trajectory is a list of records of bounded length: when there are more than Limit, every second one is
// dropped and from then on every second one is kept. Which ones are kept depends on the numbers of steps
// alone, so that a resumed run ends with the records of an uninterrupted one.
type Trajectory struct {
	Every   int   // steps between two records of the run; 0 means 1
	Limit   int   // 0 means 10,000
	Stride  int   // records of the run to one kept; grows from 1
	Blocks  []int // whose norms the records hold; nil means all
	Records []Record
}

// Add appends a record, whose slices it copies. The latest record is always kept.
func (t *Trajectory) Add(r Record) {
	r.Deep, r.Shallow = slices.Clone(r.Deep), slices.Clone(r.Shallow)
	r.Eigenvalues, r.Energy = slices.Clone(r.Eigenvalues), slices.Clone(r.Energy)
	for _, list := range Measurements() {
		values := list.Of(&r)
		*values = slices.Clone(*values)
	}
	t.Stride = max(t.Stride, 1)
	if last := len(t.Records) - 1; last >= 0 && !t.regular(t.Records[last]) {
		t.Records = t.Records[:last]
	}
	t.Records = append(t.Records, r)
	if len(t.Records) > cmp.Or(t.Limit, 10_000) {
		t.Stride *= 2
		latest := len(t.Records) - 1
		kept := t.Records[:0]
		for k, r := range t.Records {
			if k == latest || t.regular(r) {
				kept = append(kept, r)
			}
		}
		clear(t.Records[len(kept):])
		t.Records = kept
	}
}

func (t *Trajectory) regular(r Record) bool { return r.Steps%(max(t.Every, 1)*t.Stride) == 0 }

// Last returns the latest record. It panics when there is none.
func (t *Trajectory) Last() Record { return t.Records[len(t.Records)-1] }

// Column returns one number of every record.
func (t *Trajectory) Column(of func(Record) float64) []float64 {
	column := make([]float64, len(t.Records))
	for k, r := range t.Records {
		column[k] = of(r)
	}
	return column
}

// Take returns the trajectory with the deep norms of those blocks alone whose curve keep approves of, and no shallow
// ones.
func (t *Trajectory) Take(keep func(curve []float64) bool) *Trajectory {
	taken := *t
	taken.Blocks, taken.Records = nil, slices.Clone(t.Records)
	for block, curve := range t.Curves() {
		if keep(curve) {
			taken.Blocks = append(taken.Blocks, block)
		}
	}
	for k, r := range t.Records {
		deep := make([]float64, len(taken.Blocks))
		for i, block := range taken.Blocks {
			deep[i] = r.Deep[block]
		}
		taken.Records[k].Deep, taken.Records[k].Shallow = deep, nil
		if r.Energy != nil {
			energy := make([]float64, len(taken.Blocks))
			for i, block := range taken.Blocks {
				energy[i] = r.Energy[block]
			}
			taken.Records[k].Energy = energy
		}
	}
	return &taken
}

// Curves returns the deep norms by block: curves[r][k] is that of block r (of Blocks[r], unless that is nil) at record
// k.
func (t *Trajectory) Curves() [][]float64 {
	if len(t.Records) == 0 {
		return nil
	}
	curves := make([][]float64, len(t.Records[0].Deep))
	for r := range curves {
		curves[r] = t.Column(func(record Record) float64 { return record.Deep[r] })
	}
	return curves
}
