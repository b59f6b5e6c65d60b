package flow

import (
	"fmt"
	"math"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Sampled is a System that is evaluated on some of its cells.
type Sampled interface {
	// Observed returns all of them.
	Observed() *tensor.Observed
	// Sample makes slot 0, once settled, the negative gradient at θ of the mean loss over cells (nil: all) with labels in
	// place of their values (nil: as they are), and returns that loss.
	Sample(cells []int32, labels []float64) float64
	// Loss returns the loss over all cells, for MSE, and leaves the gradient alone.
	Loss() float64
}

// sampler chooses the cells of every step and disturbs their labels. It has no state: what it draws for a step depends
// on the seed and the number of the step alone.
type sampler struct {
	Sampled
	batch int // cells a step; all if 0
	seed  uint64
	noise float64

	epoch  int     // of order
	order  []int32 // the cells in the order in which an epoch visits them
	labels []float64
}

// newSampler returns nil if every step takes all cells as they are.
func newSampler(sys Sampled, u Update) (*sampler, error) {
	if u.Batch == 0 && u.LabelNoise == 0 {
		return nil, nil
	}
	if cells := sys.Observed().Len(); u.Batch > cells {
		return nil, fmt.Errorf("flow: batch %d is more than the %d cells to train on: leave it out for all of them", u.Batch, cells)
	}
	return &sampler{Sampled: sys, batch: u.Batch, seed: u.Seed, noise: u.LabelNoise, epoch: -1}, nil
}

// draw returns the cells and labels of a step. Batches go through a new order of all cells in every epoch; the last of
// an epoch may be smaller.
func (s *sampler) draw(step int) (cells []int32, labels []float64) {
	values := s.Observed().Values
	if s.batch > 0 {
		batches := (len(values) + s.batch - 1) / s.batch
		if epoch := step / batches; epoch != s.epoch {
			s.epoch, s.order = epoch, s.order[:0]
			for _, c := range rng.New(s.seed, fmt.Sprint("batches of epoch ", epoch)).Perm(len(values)) {
				s.order = append(s.order, int32(c))
			}
		}
		first := step % batches * s.batch
		cells = s.order[first:min(first+s.batch, len(values))]
	}
	if s.noise == 0 {
		return cells, nil
	}
	stream := rng.New(s.seed, fmt.Sprint("label noise of step ", step))
	s.labels = s.labels[:0]
	add := func(value float64) {
		s.labels = append(s.labels, value+float64(s.noise*stream.NormFloat64()))
	}
	if cells == nil {
		for _, value := range values {
			add(value)
		}
		return nil, s.labels
	}
	for _, c := range cells {
		add(values[c])
	}
	return cells, s.labels
}

// sample evaluates the point that a rule led to: on all cells as they are, or on a sample, whose loss stands in for the
// loss until the next record.
func (in *Integrator) sample() {
	if in.sampler == nil {
		in.loss = in.rules.Sample(nil, nil)
		in.mse = in.sys.MSE()
		return
	}
	in.loss, in.mse = in.sampler.Sample(in.sampler.draw(in.state.Steps)), math.NaN()
	if in.regular() && !math.IsNaN(in.loss) {
		in.whole()
	}
}

// whole sets loss and error to those of all cells as they are.
func (in *Integrator) whole() {
	in.loss = in.sampler.Loss()
	in.mse = in.sys.MSE()
}
