package flow

import (
	"slices"

	"lacuna/internal/linalg"
	"lacuna/model"
)

// solver solves (I + gh·H K) ω = q in the v-space of the active blocks.
type solver interface {
	// prepare takes H and K.
	prepare(lin model.Linearisation)
	// factor fixes gh = γh. An error means that there is no solution: take a smaller step.
	factor(gh float64) error
	// solve overwrites q with ω.
	solve(q []float64) error
	// multiply sets out = H x.
	multiply(out, x []float64)
}

// dense forms H K and factors I + gh·H K.
type dense struct {
	dim     int
	rows    []int
	h, hk   []float64 // hk is h where K is the identity, else product
	product []float64
	lu      linalg.LU
	x       []float64
}

// grow returns n numbers of any value, in the memory of s where they fit.
func grow[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

func (d *dense) prepare(lin model.Linearisation) {
	d.dim = lin.Dim()
	d.rows = lin.Rows(d.rows)
	d.h, d.x = grow(d.h, d.dim*d.dim), grow(d.x, len(d.rows))
	lin.Hessian(d.h)
	if lin.GramIsIdentity() {
		d.hk = d.h
		return
	}
	d.product = grow(d.product, d.dim*d.dim)
	d.hk = d.product
	lin.TimesGram(d.hk, d.h, d.rows)
}

func (d *dense) factor(gh float64) error {
	n := len(d.rows)
	m := d.lu.Matrix(n)
	for i, row := range d.rows {
		from, to := d.hk[row*d.dim:][:d.dim], m[i*n:][:n]
		for j, column := range d.rows {
			to[j] = gh * from[column]
		}
		to[i]++
	}
	return d.lu.Factor()
}

func (d *dense) solve(q []float64) error {
	for i, row := range d.rows {
		d.x[i] = q[row]
	}
	d.lu.Solve(d.x)
	for i, row := range d.rows {
		q[row] = d.x[i]
	}
	return nil
}

func (d *dense) multiply(out, x []float64) {
	for _, row := range d.rows {
		out[row] = linalg.DotLanes(d.h[row*d.dim:][:d.dim], x)
	}
}
