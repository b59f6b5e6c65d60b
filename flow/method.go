package flow

import (
	"fmt"
	"maps"
	"slices"
)

// Method names an integrator.
type Method string

// method is how an Integrator steps. A new one is one file: a type with these methods, and a call of register.
type method interface {
	// step makes one accepted step: it moves the system, counts the step and what it evaluated in the state, sets slot
	// 0 at the end by Integrator.evaluateBase, and returns the status of Integrator.check.
	step() Status
	// arrive is called when slot 0 has been evaluated at a new point.
	arrive()
	// atRest reports whether nothing moves any more.
	atRest() bool
	// implicit returns the number of blocks treated implicitly in the last step.
	implicit() int
}

// registration is what New knows of a method.
type registration struct {
	controlled bool // it controls its error, needs a Measured system, and records every step by default
	// takes has the defaults of what it knows of an Update, and any number but 0 where the default is none. Batch stands
	// for all that a method with a rate can do: batches, label noise, schedules.
	takes Update
	// start makes the method of one Integrator. It returns an error if the system lacks what the method needs.
	start func(in *Integrator) (method, error)
}

var methods = map[Method]registration{}

func register(name Method, r registration) { methods[name] = r }

// Methods lists every Method, those that control their error first.
func Methods() []Method {
	names := slices.Sorted(maps.Keys(methods))
	slices.SortStableFunc(names, func(a, b Method) int {
		switch {
		case methods[a].controlled == methods[b].controlled:
			return 0
		case methods[a].controlled:
			return -1
		}
		return 1
	})
	return names
}

// Descends reports whether a method steps at Settings.Rate rather than as Settings.Tolerance allows.
func (m Method) Descends() bool {
	r, known := methods[m]
	return known && !r.controlled
}

// needs is the error of a method that asks more of a system than it has.
func needs(in *Integrator, what string) error {
	return fmt.Errorf("flow: integrator %s needs %s, which this model has not: choose another integrator or another model",
		in.settings.Method, what)
}

// fixedStep is what the methods share that do not control their error.
type fixedStep struct{ in *Integrator }

func (fixedStep) arrive()       {}
func (fixedStep) atRest() bool  { return false }
func (fixedStep) implicit() int { return 0 }

// count notes a step of size h that took so many evaluations.
func (f fixedStep) count(h float64, evaluations int) {
	st := &f.in.state
	st.Clock.add(h)
	st.LastStep = h
	st.Steps++
	st.Evaluations += evaluations
}
