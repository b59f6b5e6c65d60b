package theory

import (
	"cmp"
	"math"

	"lacuna/flow"
	"lacuna/loss"
	"lacuna/model"
)

// Observer measures statements along a run: give its Record to flow.Integrator.Run.
type Observer struct {
	Keep      bool    // keep both sides of every time, not only the worst
	Every     int     // measure at every so many records, and wherever a block emerges; 0 means 1
	Tolerance float64 // relative error above which a comparison counts as failing; 0 means DefaultTolerance
	// SparseEvery is the same for statements that need singular values; 0 means 4 × Every.
	SparseEvery int

	Emergences int
	Records    int
	// Lemma 4.1 along the trajectory: by how much a difference of squared norms left its first value, relative to the
	// larger norm
	Drift Worst
	sign  *signWatch
	bands *bandWatch

	chains     *model.Chains
	loss       loss.Loss
	field      *field
	force      *force
	statements []Statement
	measured   []*Measurement
	imbalances []float64
}

// NewObserver prepares to measure statements of a model whose loss is l.
func NewObserver(chains *model.Chains, l loss.Loss, statements ...Statement) *Observer {
	o := &Observer{
		chains: chains, loss: l, statements: statements,
		field: newField(chains.Observed(), l), force: &force{observed: chains.Observed()},
	}
	for _, s := range statements {
		o.measured = append(o.measured, &Measurement{Statement: s.Name})
	}
	return o
}

// Measurements returns what was measured, one for every statement given to NewObserver.
func (o *Observer) Measurements() []*Measurement { return o.measured }

// Record is a flow.Recorder that never stops the run.
func (o *Observer) Record(s *flow.Snapshot) bool {
	emergences, every := len(emerged(s.Events)), max(1, o.Every)
	o.Emergences += emergences
	due := o.Records%every == 0 || emergences > 0
	dueSparse := o.Records%cmp.Or(o.SparseEvery, 4*every) == 0 || emergences > 0
	o.Records++
	if !due && !dueSparse {
		return false
	}
	o.drift(s.Time)
	p := o.point()
	if o.sign != nil && dueSparse {
		o.sign.look(p.blocks)
	}
	if o.bands != nil {
		o.bands.look(p)
	}
	for i, statement := range o.statements {
		if statement.sparse && !dueSparse || !statement.sparse && !due {
			continue
		}
		o.measured[i].add(statement, s.Time, statement.sides(p), o.Keep, cmp.Or(o.Tolerance, DefaultTolerance))
	}
	return false
}

// point copies the state that the model holds now.
func (o *Observer) point() *point {
	blocks, depths := o.copyBlocks(), o.chains.Depths()
	p := &point{len(depths), depths, blocks, o.field.at(blocks), o.force}
	o.force.update(o.chains.Prediction(), o.loss)
	return p
}

func (o *Observer) copyBlocks() []model.Block {
	blocks := make([]model.Block, o.chains.Blocks())
	for r := range blocks {
		blocks[r] = o.chains.Block(r)
	}
	return blocks
}

func (o *Observer) drift(time float64) {
	now := o.chains.Imbalances(nil)
	if o.imbalances == nil {
		o.imbalances = now
		return
	}
	at := 0
	for r := range o.chains.Blocks() {
		largest := 0.0
		factors := 0
		for n := range o.chains.Depths() {
			for _, norm2 := range o.chains.FactorNorms2(r, n) {
				largest = max(largest, norm2)
				factors++
			}
		}
		for range factors - 1 {
			side := Side{Block: r, Mode: -1, Index: -1, Left: now[at], Right: o.imbalances[at], Scale: largest}
			if e := math.Abs(side.Left-side.Right) / largest; e > o.Drift.Error {
				o.Drift = Worst{e, time, side}
			}
			at++
		}
	}
}
