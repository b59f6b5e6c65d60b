//go:build !wasm

package kernel

import (
	"math"
	"unsafe"
)

// fused returns x y + z, rounded once to a T. It returns a float64 because that makes it just small enough to be
// inlined.
func fused[T Float](x, y, z T) float64 {
	if unsafe.Sizeof(x) == 8 {
		return math.FMA(float64(x), float64(y), float64(z))
	}
	return fused32(float64(x), float64(y), float64(z))
}

// fma returns x y + z, rounded once.
func fma(x, y, z float64) float64 { return math.FMA(x, y, z) }

// fusedRow adds s x to row, each sum rounded once.
func fusedRow(row []float64, s float64, x []float64) {
	for j, t := range x {
		row[j] = math.FMA(s, t, row[j])
	}
}

// fusedGram is addGramGo.
func fusedGram(c, x, y []float64, from, to, k, stride int) {
	for i := from; i < to; i++ {
		row := c[i*stride:][:(i/Lanes+1)*Lanes]
		for l := range k {
			fusedRow(row, x[l*stride+i], y[l*stride:][:len(row)])
		}
	}
}
