package kernel

import (
	"unsafe"

	"lacuna/internal/portable"
)

// fused returns x y + z, rounded once to a T. WebAssembly has no such instruction.
func fused[T Float](x, y, z T) float64 {
	if unsafe.Sizeof(x) == 8 {
		return portable.FMA(float64(x), float64(y), float64(z))
	}
	return fused32(float64(x), float64(y), float64(z))
}

func fma(x, y, z float64) float64 { return portable.FMA(x, y, z) }

// most numbers of a row are taken at a time.
const most = 64

// fusedRow adds s x to row, each sum rounded once.
func fusedRow(row []float64, s float64, x []float64) {
	var heads [most]float64
	for begin := 0; begin < len(x); begin += most {
		some := x[begin:min(begin+most, len(x))]
		addScaled(row[begin:], s, some, heads[:], portable.Heads(heads[:], some))
	}
}

// fusedGram is addGramGo: a row of y is taken to pieces once for all rows of C.
func fusedGram(c, x, y []float64, from, to, k, stride int) {
	var heads [most]float64
	for begin := 0; begin < to; begin += most {
		for l := range k {
			other := y[l*stride+begin:][:min(most, (to-1)/Lanes*Lanes+Lanes-begin)]
			split := portable.Heads(heads[:], other)
			for i := max(from, begin); i < to; i++ {
				width := min(len(other), (i/Lanes+1)*Lanes-begin)
				addScaled(c[i*stride+begin:], x[l*stride+i], other[:width], heads[:], split)
			}
		}
	}
}

// addScaled adds s x to row, each sum rounded once; heads are those of x where it was split.
func addScaled(row []float64, s float64, x, heads []float64, split bool) {
	if split {
		portable.AddScaled(row, s, x, heads)
		return
	}
	for j, t := range x {
		row[j] = portable.FMA(s, t, row[j])
	}
}
