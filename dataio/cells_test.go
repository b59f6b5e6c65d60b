package dataio

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"lacuna/internal/netcdf"
	"lacuna/tensor"
)

// descendingNC is a file of packed 16-bit numbers whose second dimension has descending coordinates, in the order of
// which its cells are not canonical.
func descendingNC(t *testing.T, shape [3]int, raw []int16) []byte {
	axis := func(name string, dim int, from, step float64) netcdf.Var {
		v := netcdf.Var{Name: name, Dims: []int{dim}, Type: netcdf.Double, Data: make([]byte, 8*shape[dim])}
		for k := range shape[dim] {
			netcdf.Put(netcdf.Double, v.Data, k, from+step*float64(k))
		}
		return v
	}
	v := netcdf.Var{Name: "v", Dims: []int{0, 1, 2}, Type: netcdf.Short, Data: make([]byte, 2*len(raw)), Attrs: []netcdf.Attr{
		netcdf.NumberAttr("scale_factor", netcdf.Double, 0.1), netcdf.NumberAttr("add_offset", netcdf.Double, 20),
		netcdf.NumberAttr("_FillValue", netcdf.Short, -1), netcdf.NumberAttr("valid_max", netcdf.Short, 900),
	}}
	for k, x := range raw {
		netcdf.Put(netcdf.Short, v.Data, k, float64(x))
	}
	f := &netcdf.File{Version: 2, Vars: []netcdf.Var{axis("x", 0, 1, 1), axis("y", 1, 80, -2), axis("z", 2, 10, -0.5), v}}
	for k, name := range []string{"x", "y", "z"} {
		f.Dims = append(f.Dims, netcdf.Dim{Name: name, Length: shape[k]})
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestCellsOfArraysAreTheSameHeldAndDecoded compares what an array's cells are one by one, in pieces and in memory, and what
// the table says of them, where axes descend.
func TestCellsOfArraysAreTheSameHeldAndDecoded(t *testing.T) {
	shape := [3]int{40, 30, 70} // more cells than are decoded at once, and than a table of 16 bits has
	r := rand.New(rand.NewPCG(1, 2))
	raw := make([]int16, shape[0]*shape[1]*shape[2])
	outside := 0
	for k := range raw {
		switch mark := r.IntN(9); {
		case mark == 0 || k/(shape[1]*shape[2]) == 7: // a label without values
			raw[k] = -1
		case mark == 1:
			raw[k] = 901
			outside++
		default:
			raw[k] = int16(r.IntN(900))
		}
	}
	table, err := parse("t.nc", descendingNC(t, shape, raw), Options{Missing: []string{"20.5"}})
	if err != nil {
		t.Fatal(err)
	}
	want := &tensor.Observed{Modes: table.Modes(), Index: make([][]int32, 3)}
	var gaps [3][]int32
	isGap := func(x int16) bool { return x == -1 || x > 900 || x == 5 } // 5 stands for 20.5
	for at, x := range raw {
		cell := [3]int32{int32(at / (shape[1] * shape[2])), int32(at / shape[2] % shape[1]), int32(at % shape[2])}
		// The canonical order of y and z is the reverse of theirs in the file.
		cell[1], cell[2] = int32(shape[1])-1-cell[1], int32(shape[2])-1-cell[2]
		if isGap(x) {
			for n, i := range cell {
				gaps[n] = append(gaps[n], i)
			}
		}
	}
	for x := range shape[0] {
		for y := range shape[1] {
			for z := range shape[2] {
				v := raw[(x*shape[1]+shape[1]-1-y)*shape[2]+shape[2]-1-z]
				if isGap(v) {
					continue
				}
				for n, i := range []int{x, y, z} {
					want.Index[n] = append(want.Index[n], int32(i))
				}
				want.Values = append(want.Values, float64(float64(v)*0.1)+20)
			}
		}
	}
	pieces := &tensor.Observed{Modes: table.Modes(), Index: make([][]int32, 3)}
	for index, values := range table.cells.each() {
		for n, column := range index {
			pieces.Index[n] = append(pieces.Index[n], column...)
		}
		pieces.Values = append(pieces.Values, values...)
	}
	var alone []float64
	for values := range table.cells.values() {
		alone = append(alone, values...)
	}
	if !reflect.DeepEqual(pieces, want) || !reflect.DeepEqual(alone, want.Values) {
		t.Errorf("in pieces the cells are not those of the file")
	}
	low, high := table.Range()
	mean, deviation := table.Moments()
	unobserved, constant, known := table.Unobserved(), table.Constant(), table.Known()
	held := table.Observed()
	if !reflect.DeepEqual(held, want) {
		t.Errorf("in memory the cells are not those of the file")
	}
	if got := table.Fill(); !reflect.DeepEqual(got, gaps[:]) || table.Gaps() != len(gaps[0]) {
		t.Errorf("the gaps are not those of the file")
	}
	wantMean, wantDeviation := tensor.Moments(want.Values)
	if mean != wantMean || deviation != wantDeviation || low != slices.Min(alone) || high != slices.Max(alone) || constant || known != want.Len() {
		t.Errorf("mean %v, deviation %v, from %v to %v, %d known", mean, deviation, low, high, known)
	}
	if !reflect.DeepEqual(unobserved, []EmptyIndex{{0, 7}}) {
		t.Errorf("labels without values: %v", unobserved)
	}
	if want := fmt.Sprintf("%d values outside the variable's own valid range are gaps", outside); len(table.Warnings) != 1 || table.Warnings[0] != want {
		t.Errorf("warnings %q", table.Warnings)
	}
}

// TestDescribingAnArrayTakesNoCells reads packed numbers and tells of them without room for each as a float64.
func TestDescribingAnArrayTakesNoCells(t *testing.T) {
	shape := [3]int{40, 60, 500}
	raw := make([]int16, shape[0]*shape[1]*shape[2])
	for k := range raw {
		raw[k] = int16(k % 800)
	}
	data := descendingNC(t, shape, raw)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	table, err := parse("t.nc", data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	table.Moments()
	table.Range()
	table.Unobserved()
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > uint64(len(data)) {
		t.Errorf("%d bytes for a file of %d", taken, len(data))
	}
}
