package model

import (
	"fmt"
	"slices"
)

// Part is a tensor of parameters of a Network, or the matrices of one of its chains, by a name and in C order. Modes count from
// 0 in names: "A_n" are the matrices A_1 … A_k on mode n, k×d×d; "core" and "B_n" those of TuckerNetwork; "H_n" of
// TrainNetwork; "W_n" of the leaves of HierarchicalNetwork, "W_n_m" of the node over modes n … m.
type Part struct {
	Name   string
	Shape  []int
	Values []float64
}

// Parts copies out all parameters.
func (n *Network) Parts() []Part {
	var out []Part
	for _, p := range n.parameterParts() {
		p.Shape, p.Values = slices.Clone(p.Shape), slices.Clone(p.Values)
		out = append(out, p)
	}
	return out
}

// SetPart overwrites the parameters of that name. It panics for a name or a number of values that Parts does not have.
func (n *Network) SetPart(name string, values []float64) {
	for _, p := range n.parameterParts() {
		if p.Name == name && len(p.Values) == len(values) {
			copy(p.Values, values)
			n.curvature = nil
			return
		}
	}
	panic("model: SetPart: a part of another name or size")
}

// parameterParts are the parts, whose values are those of theta. The matrices of a chain lie one behind the other there.
func (n *Network) parameterParts() []Part {
	var out []Part
	for i, f := range n.factors {
		values := n.part(n.theta, i)
		if f.matrix == 0 {
			out = append(out, Part{f.saved, f.sizes, values})
			continue
		}
		if f.matrix == 1 {
			out = append(out, Part{f.saved, []int{0, f.sizes[0], f.sizes[1]}, n.theta[f.start:f.start]})
		}
		last := &out[len(out)-1]
		last.Shape[0], last.Values = f.matrix, last.Values[:len(last.Values)+len(values)]
	}
	return out
}

// saved is the name of a part at modes from … to−1.
func saved(letter string, from, to int) string {
	if to > from+1 {
		return fmt.Sprintf("%s_%d_%d", letter, from, to-1)
	}
	return fmt.Sprintf("%s_%d", letter, from)
}
