package theory

import (
	"math"
)

// Side is one comparison: both sides of a statement for one quantity at one time.
type Side struct {
	Block       int
	Mode        int // −1 where the statement is about the whole block
	Index       int // which matrix, vector or singular value; −1 where there is one only
	Left, Right float64
	Scale       float64 // the largest value that the right side could have
}

// Floor is the part of Scale below which a side counts as zero for relative errors.
const Floor = 1e-3

// relativeError of an equation; see the package comment.
func (s Side) relativeError() float64 {
	size := math.Max(math.Max(math.Abs(s.Left), math.Abs(s.Right)), Floor*s.Scale)
	if size == 0 {
		return 0
	}
	return math.Abs(s.Left-s.Right) / size
}

// excess is the relative error of the inequality left ≤ right.
func (s Side) excess() float64 {
	if s.Left <= s.Right {
		return 0
	}
	return (s.Left - s.Right) / s.Right
}

// Statement is a statement of the paper that can be measured at one time of a run.
type Statement struct {
	Name       string
	sides      func(p *point) []Side
	inequality bool
	sparse     bool // costly: look at fewer times
}

func (s Statement) errorOf(side Side) float64 {
	if s.inequality {
		return side.excess()
	}
	return side.relativeError()
}

// Worst is the largest error of a statement along a run.
type Worst struct {
	Error float64
	Time  float64
	Side  Side
}

// Measurement is a statement measured along a run.
type Measurement struct {
	Statement string
	Times     []float64
	Sides     [][]Side // one list a time; nil unless Observer.Keep is set
	Worst     Worst
	Compared  int // comparisons made
	Failing   int // of them, those with an error above Observer.Tolerance
}

func (m *Measurement) add(s Statement, time float64, sides []Side, keep bool, tolerance float64) {
	m.Times = append(m.Times, time)
	if keep {
		m.Sides = append(m.Sides, sides)
	}
	m.Compared += len(sides)
	for _, side := range sides {
		e := s.errorOf(side)
		if !(e <= tolerance) {
			m.Failing++
		}
		if e > m.Worst.Error || math.IsNaN(e) && !math.IsNaN(m.Worst.Error) {
			m.Worst = Worst{e, time, side}
		}
	}
}
