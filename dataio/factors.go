package dataio

import (
	"archive/zip"
	"fmt"
	"io"

	"lacuna/internal/atomicfile"
	"lacuna/tensor"
)

// Factors is a CP model to be stored: the standardised value of a cell is Σ_r Π_n Factors[n][i_n][r], and its value
// mean + scale × that, with mean and scale of Scaling.
type Factors struct {
	Modes   []tensor.Mode
	Factors [][][]float64 // mode, index, block
	Norms   []float64     // of the blocks
	Scaling tensor.Scaling
}

// WriteFactors stores a CP model as a .npz archive of the arrays
//
//	factor_0, factor_1, …  d_n × R, float64
//	labels_0, labels_1, …  d_n strings
//	modes                  N strings, the names of the modes
//	norms                  R, float64
//	mean, scale            one number, or one a index of mode scale_mode, float64
//	scale_mode             one number; −1 when mean and scale are one for all cells
//
// which numpy.load reads. The file appears complete or not at all.
func WriteFactors(path string, f Factors) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := zip.NewWriter(w)
		var failed error
		add := func(name string, data []byte) {
			if failed == nil {
				failed = addMember(out, name+".npy", data)
			}
		}
		names := make([]string, len(f.Modes))
		for n, mode := range f.Modes {
			names[n] = mode.Name
			var flat []float64
			for _, row := range f.Factors[n] {
				flat = append(flat, row...)
			}
			add(fmt.Sprintf("factor_%d", n), npyFloats([]int{len(f.Factors[n]), len(f.Norms)}, false, flat))
			add(fmt.Sprintf("labels_%d", n), npyStrings(mode.Labels))
		}
		add("modes", npyStrings(names))
		vector := func(name string, values []float64) { add(name, npyFloats([]int{len(values)}, false, values)) }
		vector("norms", f.Norms)
		vector("mean", f.Scaling.Mean)
		vector("scale", f.Scaling.Scale)
		vector("scale_mode", []float64{float64(f.Scaling.Mode)})
		if failed != nil {
			return failed
		}
		return out.Close()
	})
}
