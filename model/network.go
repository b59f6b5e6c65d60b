package model

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"lacuna/internal/linalg"
	"lacuna/loss"
	"lacuna/tensor"
)

// Network is a factorisation of a tensor into a tree of small tensors, its factors, with a chain of matrices on every
// mode: the deep Tucker and tensor-train factorisations of Milanesi et al. 2021 (deep Tucker also in Hariz et al. 2024)
// and the hierarchical factorisation of Razin et al. 2022. Networks lists them; TuckerNetwork, TrainNetwork and
// HierarchicalNetwork have the formulae. Matrices on mode n multiply what carries that mode from the left, as in Chains:
// A_1 … A_k times it.
//
// Neighbouring factors P and Q share a bond, an index that is summed over. Any invertible matrix can be put on a bond of
// two, and its inverse on the other side, without changing the tensor. So the flow conserves, at every such bond,
//
//	M = P Pᵀ − Q Qᵀ
//
// of the unfoldings whose rows are the bond: what W_{j+1}ᵀW_{j+1} − W_jW_jᵀ is to a deep matrix (Arora et al. 2019). Where
// three factors share an index (HierarchicalNetwork) only the diagonals are conserved, ‖p_r‖² − ‖q_r‖² (Razin et al.
// 2022).
//
// There are no blocks. What emerges are the singular values of unfoldings of the tensor, those of Unfoldings one after
// another: Blocks is their number and DeepNorms their values.
//
// It is a laboratory model in float64: it forms the whole tensor. Up to MostImplicit parameters it has the
// exact Hessian, which implicit methods need.
type Network struct {
	observed *tensor.Observed
	loss     loss.Loss
	config   NetworkConfig
	shape    tensor.Shape
	at       []int // of every observed cell in the tensor, row-major

	factors    []factor
	bonds      []bond
	unfoldings []unfolding
	ops        []op

	theta    []float64
	slots    [2 * Stages][]float64
	averages [2][]float64
	trial    []float64

	value, bar   [][]float64 // of every register: a factor, or what an op makes; ∂L by it
	dValue, dBar [][]float64 // their derivatives along a direction
	second       []float64   // ℓ”/|Ω| of every observed cell
	curvature    []float64   // Hessian at θ; nil where it is not known
	live         []int
	damp         float64
}

// NetworkKind names a form of Network.
type NetworkKind string

// NetworkConfig is the shape of a Network.
type NetworkConfig struct {
	Kind   NetworkKind
	Depths []int // k_n ≥ 0, the matrices on every mode
	// Bond is the largest size of an index between factors; 0 means none, so that every tensor of the shape can be written.
	Bond int
}

// Unfolding is a matrix of the entries of a tensor whose rows are some of the modes, and its share of the singular values
// of a Network: those with numbers From ≤ l < To.
type Unfolding struct {
	Name     string // such as "mode 1", "modes 1–2"
	From, To int
}

// factor is a tensor of parameters.
type factor struct {
	saved  string // the name of its Part
	matrix int    // i where it is the matrix A_i of a chain, else 0
	sizes  []int
	start  int // in theta
	open   int // the axis that is a mode of the tensor; −1 if none is
}

func (f *factor) size() int {
	size := 1
	for _, d := range f.sizes {
		size *= d
	}
	return size
}

// around returns how many entries there are before, along and after an axis.
func (f *factor) around(axis int) (before, along, after int) { return around(f.sizes, axis, axis+1) }

// leg is an axis of a factor at a bond.
type leg struct{ factor, axis int }

// bond is an index that factors share. With three legs only diagonals are conserved.
type bond struct {
	legs []leg
	size int
}

// unfolding is an unfolding: before×along×after are the sizes of the modes, those in the middle being the rows; names are of
// those that the unfolding is called by.
type unfolding struct {
	name                 string
	before, along, after int
	count                int // singular values
}

// op makes a register of two others.
type op struct {
	left, right, out int
	// A product has x of p×q and y of a×q×b: out[a, i, b] = Σ_j x[i, j] y[a, j, b]. A Khatri–Rao product, where q is 0, has x
	// of a×b and y of p×b: out[(i, j), r] = x[i, r] y[j, r].
	a, p, q, b int
}

// networks holds what lays a Network out: factors and ops, the last of which makes the tensor, bonds and unfoldings.
var networks = map[NetworkKind]func(n *Network){
	TuckerNetwork:       (*Network).layTucker,
	TrainNetwork:        (*Network).layTrain,
	HierarchicalNetwork: (*Network).layHierarchy,
}

// Networks lists every NetworkKind.
func Networks() []NetworkKind { return slices.Sorted(maps.Keys(networks)) }

// manyEntries bounds the tensors that a Network forms.
const manyEntries = 1 << 22

// NewNetwork makes a network with all parameters zero. It returns an error for a kind that is unknown, a tensor of fewer
// than two modes or more than 4 million entries, or depths that are not one a mode.
func NewNetwork(observed *tensor.Observed, l loss.Loss, config NetworkConfig) (*Network, error) {
	shape := observed.Shape()
	lay := networks[config.Kind]
	switch {
	case lay == nil:
		return nil, fmt.Errorf("model: network %q is unknown, choose one of %v", config.Kind, Networks())
	case shape.Order() < 2:
		return nil, fmt.Errorf("model: %s needs a tensor of two modes or more", config.Kind)
	case shape.Cells() > manyEntries:
		return nil, fmt.Errorf("model: %s forms the whole tensor, whose %.3g entries are more than %d: take chains", config.Kind,
			shape.Cells(), manyEntries)
	case len(config.Depths) != shape.Order() || slices.Min(config.Depths) < 0:
		return nil, fmt.Errorf("model: depths %v: one number of matrices is needed for each of %d modes", config.Depths, shape.Order())
	case config.Bond < 0:
		return nil, fmt.Errorf("model: an index of size %d: give 1 or more", config.Bond)
	}
	n := &Network{observed: observed, loss: l, config: config, shape: shape, damp: 1}
	n.at = n.places(observed)
	lay(n)
	last := &n.factors[len(n.factors)-1]
	total := last.start + last.size()
	n.theta, n.trial, n.second = wholeLanes(total), make([]float64, total), make([]float64, observed.Len())
	for _, registers := range []*[][]float64{&n.value, &n.bar, &n.dValue, &n.dBar} {
		*registers = make([][]float64, len(n.factors)+len(n.ops))
		for _, o := range n.ops {
			(*registers)[o.out] = make([]float64, o.size())
		}
	}
	return n, nil
}

// around returns how many entries of a tensor there are before, along and after the axes from … to−1.
func around(sizes []int, from, to int) (before, along, after int) {
	before, along, after = 1, 1, 1
	for i, d := range sizes {
		switch {
		case i < from:
			before *= d
		case i < to:
			along *= d
		default:
			after *= d
		}
	}
	return before, along, after
}

// bonded is a size of a bond, cut to the largest allowed.
func (n *Network) bonded(size int) int {
	if n.config.Bond > 0 {
		return min(size, n.config.Bond)
	}
	return size
}

// factor adds a factor and returns its number, which is that of its register. Factors come before all ops.
func (n *Network) factor(saved string, matrix, open int, sizes ...int) int {
	start := 0
	if len(n.factors) > 0 {
		last := &n.factors[len(n.factors)-1]
		start = last.start + last.size()
	}
	n.factors = append(n.factors, factor{saved, matrix, sizes, start, open})
	return len(n.factors) - 1
}

// chained adds the matrices on mode m and a factor behind them, whose given axis has the size of the mode, and bonds
// each with the next. It returns the numbers of all, the factor last.
func (n *Network) chained(m int, letter string, axis int, sizes ...int) []int {
	d := n.shape[m]
	var chain []int
	for i := range n.config.Depths[m] {
		open := -1
		if i == 0 {
			open = 0
		}
		chain = append(chain, n.factor(saved("A", m, m+1), i+1, open, d, d))
		if i > 0 {
			n.bond(d, leg{chain[i-1], 1}, leg{chain[i], 0})
		}
	}
	if len(chain) == 0 {
		return []int{n.factor(saved(letter, m, m+1), 0, axis, sizes...)}
	}
	chain = append(chain, n.factor(saved(letter, m, m+1), 0, -1, sizes...))
	n.bond(d, leg{chain[len(chain)-2], 1}, leg{chain[len(chain)-1], axis})
	return chain
}

func (n *Network) bond(size int, legs ...leg) { n.bonds = append(n.bonds, bond{legs, size}) }

// multiplied multiplies a chain and returns the register of the product.
func (n *Network) multiplied(chain []int, axis int) int {
	last := chain[len(chain)-1]
	before, along, after := n.factors[last].around(axis)
	for _, matrix := range slices.Backward(chain[:len(chain)-1]) {
		last = n.product(matrix, last, before, along, along, after)
	}
	return last
}

func (n *Network) product(left, right, a, p, q, b int) int {
	return n.op(op{left: left, right: right, a: a, p: p, q: q, b: b})
}

func (n *Network) khatriRao(left, right, rows, more, columns int) int {
	return n.op(op{left: left, right: right, a: rows, p: more, b: columns})
}

func (n *Network) op(o op) int {
	o.out = len(n.factors) + len(n.ops)
	n.ops = append(n.ops, o)
	return o.out
}

// unfold adds the unfolding with modes from … to−1 as rows.
func (n *Network) unfold(from, to int) {
	name := fmt.Sprintf("mode %d", from+1)
	if to > from+1 {
		name = fmt.Sprintf("modes %d–%d", from+1, to)
	}
	before, along, after := around(n.shape, from, to)
	count := min(along, before*after)
	switch { // the smaller side gives the same values for less
	case before == 1 && after < along:
		before, along, after = along, after, 1
	case after == 1 && before < along:
		before, along, after = 1, before, along
	}
	n.unfoldings = append(n.unfoldings, unfolding{name, before, along, after, count})
}

func (o *op) size() int { return o.a * o.p * o.b }

// add adds the product of x and y to out. It is linear in x and in y.
func (o *op) add(out, x, y []float64) {
	if o.q == 0 {
		for i := range o.a {
			for j := range o.p {
				multiplyAdd(out[(i*o.p+j)*o.b:][:o.b], x[i*o.b:], y[j*o.b:])
			}
		}
		return
	}
	for a := range o.a {
		for i := range o.p {
			if o.b == 1 {
				out[a*o.p+i] += linalg.Dot(x[i*o.q:][:o.q], y[a*o.q:])
				continue
			}
			row := out[(a*o.p+i)*o.b:]
			for j := range o.q {
				linalg.Axpy(row, x[i*o.q+j], y[(a*o.q+j)*o.b:][:o.b])
			}
		}
	}
}

// addLeft adds to out what a change of x does to ⟨bar, product⟩.
func (o *op) addLeft(out, y, bar []float64) {
	if o.q == 0 {
		for i := range o.a {
			for j := range o.p {
				multiplyAdd(out[i*o.b:][:o.b], bar[(i*o.p+j)*o.b:], y[j*o.b:])
			}
		}
		return
	}
	for a := range o.a {
		for i := range o.p {
			if o.b == 1 {
				linalg.Axpy(out[i*o.q:], bar[a*o.p+i], y[a*o.q:][:o.q])
				continue
			}
			row := bar[(a*o.p+i)*o.b:][:o.b]
			for j := range o.q {
				out[i*o.q+j] += linalg.Dot(row, y[(a*o.q+j)*o.b:])
			}
		}
	}
}

// addRight is addLeft for y.
func (o *op) addRight(out, x, bar []float64) {
	if o.q == 0 {
		for i := range o.a {
			for j := range o.p {
				multiplyAdd(out[j*o.b:][:o.b], bar[(i*o.p+j)*o.b:], x[i*o.b:])
			}
		}
		return
	}
	for a := range o.a {
		for i := range o.p {
			if o.b == 1 {
				linalg.Axpy(out[a*o.q:], bar[a*o.p+i], x[i*o.q:][:o.q])
				continue
			}
			row := bar[(a*o.p+i)*o.b:][:o.b]
			for j := range o.q {
				linalg.Axpy(out[(a*o.q+j)*o.b:], x[i*o.q+j], row)
			}
		}
	}
}

// multiplyAdd adds x∘y to out.
func multiplyAdd(out, x, y []float64) {
	for i := range out {
		out[i] = math.FMA(x[i], y[i], out[i])
	}
}

// part is the share of a factor in a vector of all parameters.
func (n *Network) part(theta []float64, i int) []float64 {
	f := &n.factors[i]
	return theta[f.start:][:f.size()]
}

// parts makes the registers of the factors the shares of a vector of all parameters.
func (n *Network) parts(registers [][]float64, theta []float64) {
	for i := range n.factors {
		registers[i] = n.part(theta, i)
	}
}

// forward sets the registers of all ops at θ.
func (n *Network) forward(theta []float64) {
	n.parts(n.value, theta)
	for i := range n.ops {
		o := &n.ops[i]
		clear(n.value[o.out])
		o.add(n.value[o.out], n.value[o.left], n.value[o.right])
	}
}

// whole is the tensor of the last evaluation, row-major.
func (n *Network) whole() []float64 { return n.value[len(n.value)-1] }

// losses returns the mean loss at the given observed cells (nil: all) with labels in place of their values (nil: as they
// are), and, unless bar is nil, sets it to the derivative by the tensor.
func (n *Network) losses(cells []int32, labels, bar []float64) float64 {
	count := len(n.at)
	if cells != nil {
		count = len(cells)
	}
	scale, tensor := 1/float64(count), n.whole()
	clear(bar)
	var sum float64
	for i := range count {
		c := i
		if cells != nil {
			c = int(cells[i])
		}
		target := n.observed.Values[c]
		if labels != nil {
			target = labels[i]
		}
		value, first, second := n.loss.At(tensor[n.at[c]], target)
		sum += value
		if bar != nil {
			bar[n.at[c]] += float64(scale * first)
			n.second[c] = scale * second
		}
	}
	return sum * scale
}

// backward sets gradient to ∂L/∂θ given bar of the tensor.
func (n *Network) backward(gradient []float64) {
	clear(gradient)
	n.parts(n.bar, gradient)
	for i := range n.ops[:len(n.ops)-1] {
		clear(n.bar[n.ops[i].out])
	}
	for i := range slices.Backward(n.ops) {
		o := &n.ops[i]
		o.addLeft(n.bar[o.left], n.value[o.right], n.bar[o.out])
		o.addRight(n.bar[o.right], n.value[o.left], n.bar[o.out])
	}
}

// evaluate returns the loss at θ and sets gradient.
func (n *Network) evaluate(theta, gradient []float64, cells []int32, labels []float64) float64 {
	n.forward(theta)
	value := n.losses(cells, labels, n.bar[len(n.bar)-1])
	n.backward(gradient)
	return value
}

// rate is the derivative of the tensor of the last evaluation along a direction of all parameters.
func (n *Network) rate(direction []float64) []float64 {
	n.parts(n.dValue, direction)
	for i := range n.ops {
		o := &n.ops[i]
		out := n.dValue[o.out]
		clear(out)
		o.add(out, n.dValue[o.left], n.value[o.right])
		o.add(out, n.value[o.left], n.dValue[o.right])
	}
	return n.dValue[len(n.dValue)-1]
}

// multiplyHessian sets out to the Hessian at the last evaluation of all cells times x.
func (n *Network) multiplyHessian(out, x []float64) {
	moved := n.rate(x)
	clear(out)
	n.parts(n.dBar, out)
	for i := range n.ops {
		clear(n.dBar[n.ops[i].out])
	}
	last := n.dBar[len(n.dBar)-1]
	for c, at := range n.at {
		last[at] += float64(n.second[c] * moved[at])
	}
	for i := range slices.Backward(n.ops) {
		o := &n.ops[i]
		o.addLeft(n.dBar[o.left], n.value[o.right], n.dBar[o.out])
		o.addLeft(n.dBar[o.left], n.dValue[o.right], n.bar[o.out])
		o.addRight(n.dBar[o.right], n.value[o.left], n.dBar[o.out])
		o.addRight(n.dBar[o.right], n.dValue[o.left], n.bar[o.out])
	}
}
