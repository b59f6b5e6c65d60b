package flow

import (
	"math"

	"lacuna/model"
)

// stages are those of one step of a scheme.
type stages struct {
	in     *Integrator
	scheme transformed
	u      []stageTerms
	terms  []model.Term // of combine
}

// stageTerms is u_i as a combination of directions: gradients[l] × slot l + lifts[l] × lift slot l.
type stageTerms struct{ gradients, lifts [model.Stages]float64 }

func newStages(in *Integrator, s scheme) stages {
	return stages{in: in, scheme: s.transform(), u: make([]stageTerms, len(s.b))}
}

func (s *stages) order() int { return s.scheme.order }

// solution and estimate return the step that was computed last, and its error. The lists belong to s until the next
// call.
func (s *stages) solution() []model.Term { return s.combine(s.scheme.m, -1, 0) }
func (s *stages) estimate() []model.Term { return s.combine(s.scheme.e, -1, 0) }

// combine returns Σ_j weights[j] u_j, and leadC × slot lead if lead is a slot, as a list of terms without those that
// are zero.
func (s *stages) combine(weights []float64, lead int, leadC float64) []model.Term {
	var sum stageTerms
	for j, weight := range weights {
		if weight == 0 {
			continue
		}
		for l, c := range s.u[j].gradients {
			sum.gradients[l] += float64(weight * c)
		}
		for l, c := range s.u[j].lifts {
			sum.lifts[l] += float64(weight * c)
		}
	}
	if lead >= 0 {
		sum.gradients[lead] += leadC
	}
	terms := s.terms[:0]
	for l, c := range sum.gradients {
		if c != 0 {
			terms = append(terms, model.Term{Slot: l, C: c})
		}
	}
	for l, c := range sum.lifts {
		if c != 0 {
			terms = append(terms, model.Term{Slot: model.Lift(l), C: c})
		}
	}
	s.terms = terms
	return terms
}

// compute computes the stages of a step of size h, with blocks treated implicitly unless they are nil. It reports false
// for a step that is far too large.
func (s *stages) compute(h float64, blocks *implicitBlocks) bool {
	for i := range s.u {
		if i > 0 {
			loss := s.in.sys.Gradient(i, s.combine(s.scheme.a[i], -1, 0))
			s.in.state.Evaluations++
			if blocks != nil {
				blocks.lin.DampSlot(i, blocks.damping)
			}
			if math.IsNaN(loss) || math.IsInf(loss, 0) {
				return false
			}
		}
		var weights [model.Stages]float64
		for j := range i {
			weights[j] = s.scheme.lead * s.scheme.c[i][j]
		}
		u := s.combine(weights[:i], i, s.scheme.lead*h)
		s.u[i] = stageTerms{}
		for _, t := range u {
			if t.Slot < model.Stages {
				s.u[i].gradients[t.Slot] = t.C
			} else {
				s.u[i].lifts[t.Slot-model.Stages] = t.C
			}
		}
		if blocks != nil {
			if err := blocks.lift(i, u); err != nil {
				return false
			}
			s.u[i].lifts[i] = -s.scheme.gamma * h
		}
	}
	return true
}
