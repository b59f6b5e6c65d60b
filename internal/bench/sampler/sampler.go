// Package sampler proves the Gibbs sampler of internal/posterior right, by simulation-based calibration and by Geweke's
// test of the joint distribution, for every family of noise and every prior.
package sampler

import (
	"context"
	"math"
)

// Options of Run. A zero field means its default.
type Options struct {
	DataSets int     // of every case for the calibration, default 500
	Draws    int     // of a data set's posterior, 9k − 1, default 26
	Thin     int     // sweeps a draw, default 20
	Burn     int     // sweeps before the first, default 300
	Chains   int     // of the successive-conditional simulator, default 2000
	Sweeps   int     // of each, default 24
	Cases    []Case  // default Cases()
	Alpha    float64 // probability that a right sampler fails, of all tests together; default 0.01
	Threads  int     // default 1; the result does not depend on it
	Seed     uint64

	Each func(done, all int) // called after every case
}

const ecdfStep = 1 // ranks between the places where the distribution function is looked at

func (o Options) withDefaults() Options {
	fill := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	fill(&o.DataSets, 500)
	fill(&o.Draws, 26)
	fill(&o.Thin, 20)
	fill(&o.Burn, 300)
	fill(&o.Chains, 2000)
	fill(&o.Sweeps, 24)
	fill(&o.Threads, 1)
	if o.Cases == nil {
		o.Cases = Cases()
	}
	if o.Alpha == 0 {
		o.Alpha = 0.01
	}
	return o
}

// Result is what the proof found.
type Result struct {
	Cases     []CaseResult `json:"cases"`
	Tests     int          `json:"tests"`
	Alpha     float64      `json:"alpha"`
	Threshold float64      `json:"threshold"` // p-values below it fail: alpha over the number of tests (Bonferroni)
	Passed    bool         `json:"passed"`
	DataSets  int          `json:"data_sets"`
	Draws     int          `json:"draws"`
}

// CaseResult is that of one case.
type CaseResult struct {
	Case        string  `json:"case"`
	Calibration []Ranks `json:"calibration"`
	Joint       []Joint `json:"joint"`
	Approximate string  `json:"approximate,omitempty"` // what of the updates is not exact, in words

	LeastChiSquare float64  `json:"least_chi_square_p"` // the least p-values
	LeastEnvelope  float64  `json:"least_envelope_p"`
	LeastJoint     float64  `json:"least_joint_p"`
	Failed         []string `json:"failed"` // tests whose p-values are below the threshold
}

// Run proves every case. When ctx ends early it returns the cases so far and the context's error.
func Run(ctx context.Context, o Options) (Result, error) {
	o = o.withDefaults()
	r := Result{Alpha: o.Alpha, DataSets: o.DataSets, Draws: o.Draws, Cases: []CaseResult{}}
	var failure error
	for k, c := range o.Cases {
		out := CaseResult{Case: c.Name, Approximate: c.Approximate}
		if out.Calibration, failure = o.calibrate(ctx, c); failure != nil {
			break
		}
		if out.Joint, failure = o.agree(ctx, c); failure != nil {
			break
		}
		r.Cases = append(r.Cases, out)
		if o.Each != nil {
			o.Each(k+1, len(o.Cases))
		}
	}
	r.judge()
	return r, failure
}

// judge sets what follows from the p-values.
func (r *Result) judge() {
	for _, c := range r.Cases {
		r.Tests += 2*len(c.Calibration) + len(c.Joint)
	}
	r.Threshold = r.Alpha / float64(max(1, r.Tests))
	r.Passed = true
	for k := range r.Cases {
		c := &r.Cases[k]
		c.Failed = []string{}
		c.LeastChiSquare, c.LeastEnvelope, c.LeastJoint = 1, 1, 1
		test := func(least *float64, p float64, what string) {
			*least = math.Min(*least, p)
			if p < r.Threshold {
				c.Failed = append(c.Failed, what)
				r.Passed = false
			}
		}
		for _, q := range c.Calibration {
			test(&c.LeastChiSquare, q.ChiSquare, "chi-square of the ranks of "+q.Quantity)
			test(&c.LeastEnvelope, q.Envelope, "envelope of the ranks of "+q.Quantity)
		}
		for _, f := range c.Joint {
			test(&c.LeastJoint, f.P, "joint distribution: "+f.Function)
		}
	}
}

// LargestZ is the largest |z| of the joint distribution.
func (c CaseResult) LargestZ() (largest float64) {
	for _, f := range c.Joint {
		largest = math.Max(largest, math.Abs(f.Z))
	}
	return largest
}
