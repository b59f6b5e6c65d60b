package flow

import "lacuna/model"

// System is a model whose gradient flow can be integrated: what every method needs of it. Directions live in the
// numbered slots that package model describes; the system owns them.
type System interface {
	// Blocks returns R.
	Blocks() int
	// Gradient sets slot j to −∇L at θ + Σ terms and returns L there.
	Gradient(j int, terms []model.Term) float64
	// Move sets θ to θ + Σ terms.
	Move(terms []model.Term)
	// Norm2 returns the squared norm of the direction in slot j.
	Norm2(j int) float64
	// DeepNorms sets norms[r] = Π_n ‖v_r^n‖ as of the last Gradient.
	DeepNorms(norms []float64)
	// MSE returns the plain mean squared error at the observed cells as of the last Gradient.
	MSE() float64
	// DataNorm estimates the norm of the full tensor of data; 0 if unknown.
	DataNorm() float64
	// State and SetState copy the parameters out and in, exact to the bit.
	State() []byte
	SetState(data []byte) error
}

// Measured is a System that measures moves against its blocks, which a method that controls its error needs.
type Measured interface {
	System
	// RelativeSizes sets out[r] to the largest ‖Σ terms‖ / ‖factor‖ over the factors of block r.
	RelativeSizes(out []float64, terms []model.Term)
	// Rates sets out[r] to the largest ‖direction‖ / ‖factor‖ of block r for slot 0.
	Rates(out []float64)
	// Factors returns Σ_n (k_n + 1), the number of factors whose product is a block.
	Factors() float64
	// Stiffness bounds the largest curvature of every block, in 1/time.
	Stiffness(out []float64)
}

// Linearisable is a Measured system with curvature, which an implicit method needs. With it, error-controlled methods
// also interpolate the times of events by cubics.
type Linearisable interface {
	Measured
	// Width returns the number of v-space entries of a block.
	Width() int
	// Linearise returns the linearisation of the active blocks (ascending) at the current point, at which slot 0 must
	// just have been evaluated. It holds until the next call.
	Linearise(active []int) model.Linearisation
}

// Tightener is a Measured system that knows a closer and dearer bound than Stiffness.
type Tightener interface {
	// Tighten replaces out[r] for the given blocks, ascending.
	Tighten(out []float64, blocks []int)
}

// Rester is a Measured system that can leave blocks out of the stages of a step.
type Rester interface {
	// Rest says which blocks keep the direction of slot 0 until the next call; nil is none.
	Rest(blocks []bool)
}

// Descender is a System that takes a step of descent in one visit to its parameters.
type Descender interface {
	// Descend moves θ along slot 0 by h and returns L there, as Move and Gradient(0, nil) would, bit for bit.
	Descend(h float64) float64
	// Settle completes slot 0 after Descend, before anything but Descend uses it.
	Settle()
}

// Rounder is a System that knows the train error below which it cannot tell what is left from rounding.
type Rounder interface {
	// RoundingMSE returns that error; 0 if it is of no concern.
	RoundingMSE() float64
}
