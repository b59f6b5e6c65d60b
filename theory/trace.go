package theory

import (
	"math"
	"slices"

	"lacuna/flow"
	"lacuna/internal/portable"
	"lacuna/loss"
	"lacuna/model"
)

// path is a run by the sizes of its blocks (or singular values) and what drives them: [record][block].
type path struct {
	time, step   []float64
	norms, drive [][]float64
	emerged      []int
}

func (t *path) add(s *flow.Snapshot, norms, drive []float64) {
	t.emerged = append(t.emerged, emerged(s.Events)...)
	t.time, t.step = append(t.time, s.Time), append(t.step, s.Step)
	t.norms, t.drive = append(t.norms, norms), append(t.drive, drive)
}

// trace records, at every step of a run, ‖⊗w_r‖ of all blocks and δ_r: what the trajectory sides need.
type trace struct {
	path
	chains *model.Chains
	loss   loss.Loss
	force  *force
	deep   [][]float64 // ‖⊗v_r‖
}

func newTrace(chains *model.Chains, l loss.Loss) *trace {
	return &trace{chains: chains, loss: l, force: &force{observed: chains.Observed()}}
}

func (t *trace) record(s *flow.Snapshot) bool {
	norms, delta := make([]float64, t.chains.Blocks()), make([]float64, t.chains.Blocks())
	t.chains.ShallowNorms(norms)
	t.force.update(t.chains.Prediction(), t.loss)
	for r := range delta {
		delta[r] = t.force.along(unitChains(t.chains.Block(r)))
	}
	t.add(s, norms, delta)
	t.deep = append(t.deep, slices.Clone(s.Norms))
	return false
}

// firstIsGrown reports whether the block that emerged first has passed its largest norm.
func (t *trace) firstIsGrown() bool {
	last := len(t.deep) - 1
	return len(t.emerged) > 0 && last > 0 && t.deep[last][t.emerged[0]] < t.deep[last-1][t.emerged[0]]
}

func column(rows [][]float64, r int) []float64 {
	out := make([]float64, len(rows))
	for k, row := range rows {
		out[k] = row[r]
	}
	return out
}

// growthPhase is a stretch of records [from, to) in which a block grows: from 1.2 times the norm it started with to 0.8
// times the largest it reaches.
type growthPhase struct{ block, from, to int }

// phases returns the growth phase of every block that emerged and has one.
func (t *path) phases() []growthPhase {
	var out []growthPhase
	for i, r := range t.emerged {
		if slices.Contains(t.emerged[:i], r) {
			continue
		}
		if phase, ok := growthOf(column(t.norms, r), column(t.drive, r)); ok {
			phase.block = r
			out = append(out, phase)
		}
	}
	return out
}

// peakOf returns where the largest number is, the first of equal ones.
func peakOf(x []float64) int {
	peak := 0
	for k, value := range x {
		if value > x[peak] {
			peak = k
		}
	}
	return peak
}

func growthOf(norms, delta []float64) (growthPhase, bool) {
	peak, to := peakOf(norms), 0
	for to < peak && norms[to] < 0.8*norms[peak] {
		to++
	}
	from := to
	for from > 0 && norms[from-1] > 1.2*norms[0] && norms[from-1] < norms[from] && delta[from-1] > 0 {
		from--
	}
	return growthPhase{from: from, to: to}, to-from >= stencil
}

// trajectoryError compares, over all growth phases, d/dt ‖⊗w_r‖ by finite differences of the recorded norms with the
// right side of Theorem 3.2 (i). It returns the largest relative error, the root mean square of all, and the number
// of records.
func (t *trace) trajectoryError(depths []int) (worst Worst, rms float64, records int) {
	power, order := Exponent(depths), float64(len(depths))
	for _, phase := range t.phases() {
		rates := Differences(t.step, column(t.norms, phase.block))
		for k := phase.from; k < phase.to; k++ {
			right := order * t.drive[k][phase.block] * portable.Pow(t.norms[k][phase.block], power)
			side := Side{Block: phase.block, Mode: -1, Index: -1, Left: rates[k], Right: right, Scale: right}
			e := side.relativeError()
			if e > worst.Error {
				worst = Worst{e, t.time[k], side}
			}
			rms += float64(e * e)
			records++
		}
	}
	return worst, math.Sqrt(rms / float64(max(1, records))), records
}
