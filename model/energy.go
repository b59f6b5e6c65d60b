package model

import (
	"math"

	"lacuna/internal/kernel"
	"lacuna/internal/parallel"
)

// ObservedEnergy sets energy[r] to the share of the energy of block r that lies on the observed cells, over the share of
// the cells that is observed,
//
//	Σ_{c∈Ω} Π_n (v_r^n[c_n])² / Π_n ‖v_r^n‖²  ·  Π_n d_n / |Ω| ,
//
// as of the last evaluation. Spread evenly it is 1; a block that fits observed cells by entries that are large elsewhere,
// as those that run away do, has nearly 0. A block of zeros has NaN.
func (o *ObjectiveOf[T]) ObservedEnergy(energy []float64) {
	const lanes = kernel.Lanes
	expected := float64(o.observed.Len()) / o.shape.Cells()
	parallel.For(o.threads, o.padded/lanes, func(group int) {
		g := group * lanes
		// Unit vectors, so that no square leaves the range of numbers.
		squares := make([][][lanes]float64, len(o.shape))
		for n, d := range o.shape {
			squares[n] = make([][lanes]float64, d)
			for r := range lanes {
				norm := math.Sqrt(o.vectorNorm2(g+r, n))
				for i := range d {
					x := float64(o.v[n][i*o.padded+g+r]) / norm
					squares[n][i][r] = float64(x * x)
				}
			}
		}
		var sums [lanes]float64
		for c := range o.observed.Len() {
			product := squares[0][o.observed.Index[0][c]]
			for n := 1; n < len(squares); n++ {
				for r, x := range squares[n][o.observed.Index[n][c]] {
					product[r] = float64(product[r] * x)
				}
			}
			for r, x := range product {
				sums[r] += x
			}
		}
		for r := range min(lanes, o.blocks-g) {
			energy[g+r] = sums[r] / expected
		}
	})
}
