package model

import (
	"fmt"
	"math"

	"lacuna/internal/linalg"
	"lacuna/tensor"
)

// Gradient sets slot j to −∇L at θ + Σ terms and returns L there.
func (n *Network) Gradient(j int, terms []Term) float64 {
	copy(n.trial, n.theta)
	n.addTerms(n.trial, terms)
	return n.descent(j, n.trial, nil, nil)
}

// descent sets slot j to −∇L at a point and returns L there.
func (n *Network) descent(j int, theta []float64, cells []int32, labels []float64) float64 {
	into := n.slot(j)
	value := n.evaluate(theta, into, cells, labels)
	linalg.Scale(into, -1)
	return value
}

func (n *Network) slot(j int) []float64 {
	if n.slots[j] == nil {
		n.slots[j] = wholeLanes(len(n.theta))
	}
	return n.slots[j]
}

// wholeLanes makes a vector with room behind it, zero, up to a whole number of lanes.
func wholeLanes(n int) []float64 { return make([]float64, n, linalg.Stride(n)) }

func (n *Network) addTerms(out []float64, terms []Term) {
	for _, t := range terms {
		linalg.Axpy(out, t.C, n.slots[t.Slot])
	}
}

// Move sets θ to θ + Σ terms.
func (n *Network) Move(terms []Term) {
	n.addTerms(n.theta, terms)
	n.curvature = nil
}

// Descend moves θ along slot 0 by h and returns L there, as Move and Gradient(0, nil) would.
func (n *Network) Descend(h float64) float64 {
	n.Move([]Term{{Slot: 0, C: h}})
	return n.descent(0, n.theta, nil, nil)
}

// Settle does nothing: slot 0 is always complete.
func (n *Network) Settle() {}

// Sample makes slot 0 the negative gradient at θ of the mean loss over the given observed cells (nil: all) with labels in
// place of their values (nil: as they are), and returns that loss.
func (n *Network) Sample(cells []int32, labels []float64) float64 {
	return n.descent(0, n.theta, cells, labels)
}

// Loss returns L over all observed cells at the point of the last evaluation.
func (n *Network) Loss() float64 { return n.losses(nil, nil, nil) }

// Remember makes room for the averages of a Rule, all zero: m, or m and s.
func (n *Network) Remember(averages int) error {
	for i := range n.averages {
		n.averages[i] = nil
		if i < averages {
			n.averages[i] = wholeLanes(len(n.theta))
		}
	}
	return nil
}

// Averages returns a copy of what Remember made room for, exact to the bit.
func (n *Network) Averages() []byte {
	return encode("", append(append([]float64(nil), n.averages[0]...), n.averages[1]...))
}

// SetAverages restores what Averages of a network of the same shape returned. It returns an error, and changes nothing,
// for any other.
func (n *Network) SetAverages(data []byte) error {
	values := make([]float64, len(n.averages[0])+len(n.averages[1]))
	if err := decode("", values, data); err != nil {
		return err
	}
	copy(n.averages[1], values[copy(n.averages[0], values):])
	return nil
}

// Update moves every parameter by a rule, given slot 0, which holds the negative gradient at θ. Sample must follow.
func (n *Network) Update(rule Rule) {
	whole := func(x []float64) []float64 { return x[:cap(x)] }
	adam := adamOf[float64](rule)
	updateVector(&rule, &adam, whole(n.theta), whole(n.averages[0]), whole(n.averages[1]), whole(n.slot(0)), 0)
	n.curvature = nil
}

// Norm2 returns the squared norm of the direction in slot j.
func (n *Network) Norm2(j int) float64 { return linalg.Norm2(n.slots[j]) }

// Observed returns the cells the model is trained on.
func (n *Network) Observed() *tensor.Observed { return n.observed }

// Parameters returns the number of parameters.
func (n *Network) Parameters() int { return len(n.theta) }

// Tensor returns the tensor of the last evaluation, row-major. It belongs to the network.
func (n *Network) Tensor() []float64 { return n.whole() }

// Prediction returns the value of the last evaluation at every observed cell.
func (n *Network) Prediction() []float64 {
	out := make([]float64, len(n.at))
	for c, at := range n.at {
		out[c] = n.whole()[at]
	}
	return out
}

// MSE returns the plain mean squared error at the observed cells as of the last evaluation.
func (n *Network) MSE() float64 { return n.mse(n.at, n.observed.Values) }

func (n *Network) mse(at []int, values []float64) float64 {
	var sum float64
	for c, a := range values {
		z := n.loss.Mean(n.whole()[at[c]]) - a
		sum += float64(z * z)
	}
	return sum / float64(len(values))
}

// Elsewhere prepares to measure the model on cells of the same shape.
func (n *Network) Elsewhere(cells *tensor.Observed) *Elsewhere {
	at := n.places(cells)
	return &Elsewhere{func() float64 { return n.mse(at, cells.Values) }}
}

// places returns where cells are in the tensor, row-major.
func (n *Network) places(cells *tensor.Observed) []int {
	out := make([]int, cells.Len())
	for c := range out {
		for m, d := range n.shape {
			out[c] = out[c]*d + int(cells.Index[m][c])
		}
	}
	return out
}

// DataNorm estimates the Frobenius norm of the full tensor from the observed cells.
func (n *Network) DataNorm() float64 {
	return math.Sqrt(linalg.Norm2(n.observed.Values) / float64(n.observed.Len()) * n.shape.Cells())
}

// Blocks returns the number of singular values of all Unfoldings.
func (n *Network) Blocks() int {
	count := 0
	for _, u := range n.unfoldings {
		count += u.count
	}
	return count
}

// Unfoldings lists the unfoldings whose singular values take the place of blocks.
func (n *Network) Unfoldings() []Unfolding {
	var out []Unfolding
	from := 0
	for _, u := range n.unfoldings {
		out = append(out, Unfolding{u.name, from, from + u.count})
		from += u.count
	}
	return out
}

// DeepNorms sets norms to the singular values of the unfoldings of the tensor of the last evaluation, falling in each:
// roots of the eigenvalues of the unfolding times its transpose, so that they are exact to about 1e-8 of the largest.
func (n *Network) DeepNorms(norms []float64) {
	l := 0
	for _, u := range n.unfoldings {
		values, _ := linalg.Eigen(rowGram(n.whole(), n.whole(), u.before, u.along, u.after), u.along)
		for _, square := range values[:u.count] {
			norms[l] = math.Sqrt(math.Max(0, square))
			l++
		}
	}
}

// rowGram returns Σ_{a,b} x[a, i, b] y[a, j, b] of arrays of before×along×after.
func rowGram(x, y []float64, before, along, after int) []float64 {
	out := make([]float64, along*along)
	for a := range before {
		for i := range along {
			row := x[(a*along+i)*after:][:after]
			for j := range along {
				out[i*along+j] += linalg.Dot(row, y[(a*along+j)*after:])
			}
		}
	}
	return out
}

// Factors returns the number of factors.
func (n *Network) Factors() float64 { return float64(len(n.factors)) }

// RelativeSizes sets all of out to the largest ‖Σ terms‖ / ‖factor‖ over the factors, which singular values share.
func (n *Network) RelativeSizes(out []float64, terms []Term) {
	clear(n.trial)
	n.addTerms(n.trial, terms)
	n.relative(out, n.trial)
}

// Rates is RelativeSizes for the direction in slot 0, in 1/time.
func (n *Network) Rates(out []float64) { n.relative(out, n.slots[0]) }

func (n *Network) relative(out, change []float64) {
	worst := 0.0
	for i := range n.factors {
		move, norm2 := linalg.Norm2(n.part(change, i)), linalg.Norm2(n.part(n.theta, i))
		if move == 0 {
			continue
		}
		if norm2 == 0 {
			norm2 = fromZero * n.Scale()
		}
		size := math.Sqrt(move / norm2)
		if size > worst || math.IsNaN(size) {
			worst = size
		}
	}
	for l := range out {
		out[l] = worst
	}
}

// State returns a copy of the parameters, exact to the bit, headed by the shape of the model.
func (n *Network) State() []byte { return encode(n.kind(), n.theta) }

// SetState restores parameters that State of a model of the same shape returned. It returns an error, and changes
// nothing, for any other.
func (n *Network) SetState(data []byte) error {
	n.curvature = nil
	return decode(n.kind(), n.theta, data)
}

func (n *Network) kind() string {
	return fmt.Sprintf("%s of depths %v, indices up to %d, shape %v\n", n.config.Kind, n.config.Depths, n.config.Bond, []int(n.shape))
}

// Imbalances appends, bond by bond, the entries of the conserved matrices M: P Pᵀ − Q Qᵀ of two factors, the diagonals of
// that alone between the first and each other of three.
func (n *Network) Imbalances(out []float64) []float64 {
	for _, b := range n.bonds {
		first := n.legGram(b.legs[0])
		for _, l := range b.legs[1:] {
			other := n.legGram(l)
			for i := range b.size {
				for j := range b.size {
					if i == j || len(b.legs) == 2 && j < i {
						out = append(out, first[i*b.size+j]-other[i*b.size+j])
					}
				}
			}
		}
	}
	return out
}

// legGram is F Fᵀ of the unfolding of a factor whose rows are an axis.
func (n *Network) legGram(l leg) []float64 {
	before, along, after := n.factors[l.factor].around(l.axis)
	values := n.part(n.theta, l.factor)
	return rowGram(values, values, before, along, after)
}

// Unbalancedness returns the largest |entry| of Imbalances: what ε (Definition 3.1) is to chains. The flow conserves it.
func (n *Network) Unbalancedness() float64 {
	worst := 0.0
	for _, x := range n.Imbalances(nil) {
		worst = math.Max(worst, math.Abs(x))
	}
	return worst
}

// Component is a local component of a HierarchicalNetwork.
type Component struct {
	Norm  float64 // ‖W^ν[r, ·]‖ ‖W^α[·, r]‖ ‖W^β[·, r]‖
	Drive float64 // ⟨−∇L, what the component gives to the tensor⟩ / Norm
}

// Components returns the local components at θ, bond by bond, given slot 0 there: the tensor is linear in W^ν[r, ·], so
// that what the component gives to it changes L at the rate ⟨∂L/∂W^ν[r, ·], W^ν[r, ·]⟩. Other networks have none.
func (n *Network) Components() []Component {
	var out []Component
	for _, b := range n.bonds {
		if len(b.legs) == 2 {
			continue
		}
		grams := make([][]float64, len(b.legs))
		for i, l := range b.legs {
			grams[i] = n.legGram(l)
		}
		parent := b.legs[0]
		before, along, after := n.factors[parent.factor].around(parent.axis)
		pull := rowGram(n.part(n.theta, parent.factor), n.part(n.slots[0], parent.factor), before, along, after)
		for r := range b.size {
			c := Component{Norm: 1}
			for _, g := range grams {
				c.Norm *= math.Sqrt(g[r*b.size+r])
			}
			c.Drive = pull[r*b.size+r] / c.Norm
			out = append(out, c)
		}
	}
	return out
}

// Scale returns the largest squared norm of a factor at θ, beside which Imbalances are large or small.
func (n *Network) Scale() float64 {
	largest := 0.0
	for i := range n.factors {
		largest = math.Max(largest, linalg.Norm2(n.part(n.theta, i)))
	}
	return largest
}
