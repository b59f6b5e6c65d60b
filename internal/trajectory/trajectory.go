// Package trajectory writes the recorded path of a run to files.
package trajectory

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"lacuna/dataio"
	"lacuna/experiment"
)

// Formats lists the file name endings that Write knows.
func Formats() []string { return []string{"csv", "parquet", "npz"} }

// Write writes the records of t in the format that a file name ends in.
//
// CSV has a header and one line a record: steps, time, step, evaluations, wall_seconds, loss, train_mse, test_mse,
// held_out, epsilon, rank, then deep_1 … deep_R and shallow_1 … shallow_R, and where they were measured edge,
// eigenvalue_1 …, energy_1 … energy_R, and those of experiment.Measurements; what was not measured is empty. Parquet has the
// same columns, with deep, shallow and all that were measured beside as lists; what was not measured is NaN, or an empty list.
// A .npz archive has them as vectors, with the lists as records × their length.
func Write(w io.Writer, name string, t *experiment.Trajectory) error {
	switch {
	case strings.HasSuffix(name, ".csv"):
		return writeCSV(w, t)
	case strings.HasSuffix(name, ".parquet"):
		return writeParquet(w, t)
	case strings.HasSuffix(name, ".npz"):
		return writeNPZ(w, t)
	}
	return fmt.Errorf("trajectory: %s: the name must end in .%s", name, strings.Join(Formats(), " or ."))
}

func writeCSV(w io.Writer, t *experiment.Trajectory) error {
	out := bufio.NewWriter(w)
	out.WriteString("steps,time,step,evaluations,wall_seconds,loss,train_mse,test_mse,held_out,epsilon,rank")
	if len(t.Records) > 0 {
		for r := range t.Records[0].Deep {
			fmt.Fprintf(out, ",deep_%d", r+1)
		}
		for r := range t.Records[0].Shallow {
			fmt.Fprintf(out, ",shallow_%d", r+1)
		}
	}
	eigenvalues, energies := measured(t)
	if eigenvalues > 0 {
		out.WriteString(",edge")
	}
	for i := range eigenvalues {
		fmt.Fprintf(out, ",eigenvalue_%d", i+1)
	}
	for r := range energies {
		fmt.Fprintf(out, ",energy_%d", r+1)
	}
	lists := experiment.Measurements()
	lengths := make([]int, len(lists))
	for k, list := range lists {
		lengths[k] = list.Longest(t)
		for i := range lengths[k] {
			fmt.Fprintf(out, ",%s_%d", list.Name, i+1)
		}
	}
	out.WriteByte('\n')
	number := func(x float64) {
		out.WriteByte(',')
		if !math.IsNaN(x) {
			out.WriteString(strconv.FormatFloat(x, 'g', -1, 64))
		}
	}
	for _, r := range t.Records {
		out.WriteString(strconv.Itoa(r.Steps))
		number(r.Time)
		number(r.Step)
		out.WriteString("," + strconv.Itoa(r.Evaluations))
		number(r.Wall)
		for _, x := range []float64{r.Loss, r.TrainMSE, r.TestMSE, r.HeldOut, r.Epsilon} {
			number(x)
		}
		out.WriteString("," + strconv.Itoa(r.Rank))
		for _, norms := range [][]float64{r.Deep, r.Shallow} {
			for _, norm := range norms {
				number(norm)
			}
		}
		if eigenvalues > 0 {
			number(r.Edge)
		}
		for _, values := range [][]float64{full(r.Eigenvalues, eigenvalues), full(r.Energy, energies)} {
			for _, x := range values {
				number(x)
			}
		}
		for k, list := range lists {
			for _, x := range full(*list.Of(&r), lengths[k]) {
				number(x)
			}
		}
		out.WriteByte('\n')
	}
	return out.Flush()
}

// measured returns how many eigenvalues and energies a record has at most.
func measured(t *experiment.Trajectory) (eigenvalues, energies int) {
	for _, r := range t.Records {
		eigenvalues, energies = max(eigenvalues, len(r.Eigenvalues)), max(energies, len(r.Energy))
	}
	return eigenvalues, energies
}

// full is values with NaN in the places that lack.
func full(values []float64, length int) []float64 {
	values = slices.Clone(values)
	for len(values) < length {
		values = append(values, math.NaN())
	}
	return values
}

// row is an experiment.Record as Parquet stores it.
type row struct {
	Steps       int64     `parquet:"steps"`
	Time        float64   `parquet:"time"`
	Step        float64   `parquet:"step"`
	Evaluations int64     `parquet:"evaluations"`
	Wall        float64   `parquet:"wall_seconds"`
	Loss        float64   `parquet:"loss"`
	TrainMSE    float64   `parquet:"train_mse"`
	TestMSE     float64   `parquet:"test_mse"`
	HeldOut     float64   `parquet:"held_out"`
	Epsilon     float64   `parquet:"epsilon"`
	Rank        int64     `parquet:"rank"`
	Deep        []float64 `parquet:"deep,list"`
	Shallow     []float64 `parquet:"shallow,list"`
	Edge        float64   `parquet:"edge"`
	Eigenvalue  []float64 `parquet:"eigenvalue,list"`
	Energy      []float64 `parquet:"energy,list"`
	Balance     []float64 `parquet:"balance,list"`
	StableRank  []float64 `parquet:"stable_rank,list"`
	EntropyRank []float64 `parquet:"entropy_rank,list"`
	NuclearNorm []float64 `parquet:"nuclear_norm,list"`
	Alignment   []float64 `parquet:"alignment,list"`
	Jumps       []float64 `parquet:"jumps,list"`
}

func writeParquet(w io.Writer, t *experiment.Trajectory) error {
	out := parquet.NewGenericWriter[row](w, parquet.Compression(&parquet.Zstd))
	for _, r := range t.Records {
		_, err := out.Write([]row{{
			int64(r.Steps), r.Time, r.Step, int64(r.Evaluations), r.Wall, r.Loss, r.TrainMSE, r.TestMSE,
			r.HeldOut, r.Epsilon, int64(r.Rank), r.Deep, r.Shallow, r.Edge, r.Eigenvalues, r.Energy,
			r.Balance, r.StableRank, r.EntropyRank, r.NuclearNorm, r.Alignment, r.Jumps,
		}})
		if err != nil {
			return err
		}
	}
	return out.Close()
}

func writeNPZ(w io.Writer, t *experiment.Trajectory) error {
	records := len(t.Records)
	var blocks, layered int // norms a record: of blocks or singular values, and of the w, which only blocks have
	if records > 0 {
		blocks, layered = len(t.Records[0].Deep), len(t.Records[0].Shallow)
	}
	column := func(name string, of func(r *experiment.Record) float64) dataio.Array {
		values := make([]float64, records)
		for k := range values {
			values[k] = of(&t.Records[k])
		}
		return dataio.Array{Name: name, Shape: []int{records}, Values: values}
	}
	deep := dataio.Array{Name: "deep", Shape: []int{records, blocks}}
	shallow := dataio.Array{Name: "shallow", Shape: []int{records, layered}}
	for k := range t.Records {
		deep.Values = append(deep.Values, t.Records[k].Deep...)
		shallow.Values = append(shallow.Values, t.Records[k].Shallow...)
	}
	eigenvalues, energies := measured(t)
	spectrum := dataio.Array{Name: "eigenvalue", Shape: []int{records, eigenvalues}}
	energy := dataio.Array{Name: "energy", Shape: []int{records, energies}}
	for k := range t.Records {
		spectrum.Values = append(spectrum.Values, full(t.Records[k].Eigenvalues, eigenvalues)...)
		energy.Values = append(energy.Values, full(t.Records[k].Energy, energies)...)
	}
	type record = experiment.Record
	arrays := []dataio.Array{
		column("steps", func(r *record) float64 { return float64(r.Steps) }),
		column("time", func(r *record) float64 { return r.Time }),
		column("step", func(r *record) float64 { return r.Step }),
		column("evaluations", func(r *record) float64 { return float64(r.Evaluations) }),
		column("wall_seconds", func(r *record) float64 { return r.Wall }),
		column("loss", func(r *record) float64 { return r.Loss }),
		column("train_mse", func(r *record) float64 { return r.TrainMSE }),
		column("test_mse", func(r *record) float64 { return r.TestMSE }),
		column("held_out", func(r *record) float64 { return r.HeldOut }),
		column("epsilon", func(r *record) float64 { return r.Epsilon }),
		column("rank", func(r *record) float64 { return float64(r.Rank) }),
		deep,
	}
	if layered > 0 {
		arrays = append(arrays, shallow)
	}
	if eigenvalues > 0 {
		arrays = append(arrays, column("edge", func(r *record) float64 { return r.Edge }), spectrum)
	}
	if energies > 0 {
		arrays = append(arrays, energy)
	}
	for _, list := range experiment.Measurements() {
		length := list.Longest(t)
		if length == 0 {
			continue
		}
		array := dataio.Array{Name: list.Name, Shape: []int{records, length}}
		for k := range t.Records {
			array.Values = append(array.Values, full(*list.Of(&t.Records[k]), length)...)
		}
		arrays = append(arrays, array)
	}
	return dataio.WriteArrays(w, arrays...)
}
