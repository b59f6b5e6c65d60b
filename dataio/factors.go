package dataio

import (
	"archive/zip"
	"fmt"
	"io"
	"os"

	"lacuna/internal/atomicfile"
	"lacuna/tensor"
)

// WriteFactors stores a CP model of standardised values, the norms of its blocks, and the scaling that undoes the
// standardisation, as a .npz archive of the arrays
//
//	factor_0, factor_1, …  d_n × R, float64
//	labels_0, labels_1, …  d_n strings
//	modes                  N strings, the names of the modes
//	norms                  R, float64
//	mean, scale            one number, or one a index of mode scale_mode, float64
//	scale_mode             one number; −1 when mean and scale are one for all cells
//
// which numpy.load reads. The file appears complete or not at all.
func WriteFactors(path string, modes []tensor.Mode, cp *tensor.CP, norms []float64, scaling tensor.Scaling) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := zip.NewWriter(w)
		var failed error
		add := func(name string, data []byte) {
			if failed == nil {
				failed = addMember(out, name+".npy", zip.Deflate, data)
			}
		}
		names := make([]string, len(modes))
		for n, mode := range modes {
			names[n] = mode.Name
			add(fmt.Sprintf("factor_%d", n), npyFloats([]int{cp.Shape[n], cp.Blocks}, false, cp.Factors[n]))
			add(fmt.Sprintf("labels_%d", n), npyStrings(mode.Labels))
		}
		add("modes", npyStrings(names))
		vector := func(name string, values []float64) { add(name, npyFloats([]int{len(values)}, false, values)) }
		vector("norms", norms)
		vector("mean", scaling.Mean)
		vector("scale", scaling.Scale)
		vector("scale_mode", []float64{float64(scaling.Mode)})
		if failed != nil {
			return failed
		}
		return out.Close()
	})
}

// Array is numbers in C order, with their shape.
type Array struct {
	Name   string
	Shape  []int
	Values []float64
}

// WriteArrays writes arrays as a .npz archive of float64, which numpy.load reads.
func WriteArrays(w io.Writer, arrays ...Array) error {
	out := zip.NewWriter(w)
	for _, a := range arrays {
		if err := addMember(out, a.Name+".npy", zip.Deflate, npyFloats(a.Shape, false, a.Values)); err != nil {
			return err
		}
	}
	return out.Close()
}

// ReadArrays reads every array of numbers of a .npz archive, of whatever type, by name. Other members, and arrays that
// are no numbers, are left out. An error names the file and says what to do.
func ReadArrays(path string) (map[string]Array, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	archive, err := openNPZ(path, data, Options{})
	if err != nil {
		return nil, err
	}
	arrays := map[string]Array{}
	for name, member := range archive.members {
		data, err := archive.unpack(member)
		if err != nil {
			return nil, err
		}
		if source, _, err := parseNPYHeader(path, data); err == nil && (source.kind == 'U' || source.kind == 'S') {
			continue
		}
		source, err := parseNPY(path, data)
		if err != nil {
			return nil, err
		}
		a := Array{Name: name, Shape: source.shape, Values: make([]float64, 0, source.cells())}
		if source.cells() == 0 {
			arrays[name] = a
			continue
		}
		if err := source.eachCell(func(_ []int32, position int) error {
			a.Values = append(a.Values, source.at(position))
			return nil
		}); err != nil {
			return nil, err
		}
		arrays[name] = a
	}
	return arrays, nil
}
