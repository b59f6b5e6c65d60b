package dataio

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"lacuna/internal/netcdf"
)

// TestReadingTakesFewBytes holds what reading allocates in all, the file included, below four times the file. A known
// cell of three modes takes 20 bytes, cells out of order 16 more while they are sorted.
func TestReadingTakesFewBytes(t *testing.T) {
	shape := []int{40, 60, 50}
	values := make([]float64, 40*60*50)
	r := rand.New(rand.NewPCG(3, 4))
	for k := range values {
		if values[k] = r.NormFloat64(); r.IntN(10) == 0 {
			values[k] = math.NaN()
		}
	}
	array := npyFloats(shape, false, values)
	var archive bytes.Buffer
	stored := zip.NewWriter(&archive)
	if err := addMember(stored, "x.npy", zip.Store, array); err != nil {
		t.Fatal(err)
	}
	if err := stored.Close(); err != nil {
		t.Fatal(err)
	}
	coordinates := func(shuffled bool) []byte {
		cells := r.Perm(len(values))
		var text []byte
		for k := range values {
			c := k
			if shuffled {
				c = cells[k]
			}
			text = fmt.Appendf(text, "%d %d %d %.4f\n", 1+c/3000, 1+c/50%60, 1+c%50, r.NormFloat64())
		}
		return text
	}
	const samples = 12 << 20 // the sample of rows, and what the pieces of a text are read into
	for _, file := range []struct {
		name  string
		data  []byte
		fixed int // bytes that do not grow with the file
	}{
		{"t.npy", array, 0},
		{"f.npy", npyFloats(shape, true, values), 0},
		{"t.npz", archive.Bytes(), 0},
		{"t.mat", matArray(t, shape, values), 0},
		{"t.nc", recordsNC(t, shape, values), 0},
		{"sorted.tns", coordinates(false), 0},
		{"shuffled.tns", coordinates(true), 0},
		{"t.csv", longText(300_000, false), samples},
		{"shuffled.csv", longText(300_000, true), samples},
	} {
		size := len(file.data)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := parse(file.name, file.data, Options{}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		taken := float64(size) + float64(after.TotalAlloc-before.TotalAlloc) - float64(file.fixed)
		if ratio := taken / float64(size); ratio > 4 {
			t.Errorf("%s: reading takes %.2f times the file of %d bytes", file.name, ratio, size)
		} else {
			t.Logf("%s: %.2f times the file", file.name, ratio)
		}
	}
}

// TestParquetFooter refuses a footer that is longer than its file, before there is room for it.
func TestParquetFooter(t *testing.T) {
	data := bytes.Clone(parquetSample(t))
	binary.LittleEndian.PutUint32(data[len(data)-8:], 1<<31)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := parse("t.parquet", data, Options{})
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; err == nil || taken > 1<<20 {
		t.Errorf("%d bytes are taken, the error is %v", taken, err)
	}
}

// TestParquetClaims refuses texts and lists of headers that claim to be longer than the file, wherever they stand,
// before there is room for them.
func TestParquetClaims(t *testing.T) {
	sample := parquetSample(t)
	o := Options{Index: []string{"month", "station"}, Value: "value"}
	claim := binary.AppendUvarint(nil, 1<<28-1)
	refused := 0
	for at := range len(sample) - len(claim) {
		data := bytes.Clone(sample)
		copy(data[at:], claim)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := parse("t.parquet", data, o)
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 4<<20 {
			t.Errorf("a claim at byte %d: %d bytes are taken, the error is %v", at, taken, err)
		}
		if err != nil {
			refused++
		}
	}
	if refused < len(sample)/2 {
		t.Errorf("%d of %d claims were refused", refused, len(sample))
	}
}

// matArray is a MAT file of one array.
func matArray(t *testing.T, shape []int, values []float64) []byte {
	t.Helper()
	s := &matSource{data: make([]byte, 128), layout: newLayout(shape, true), order: little}
	out := bytes.NewBuffer(matHeader(little))
	if err := s.writeArray(out, "x", mxDouble, miDouble, s.doubles(values), false); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// recordsNC is a NetCDF file of a variable whose records lie between those of a coordinate.
func recordsNC(t *testing.T, shape []int, values []float64) []byte {
	t.Helper()
	f := &netcdf.File{Version: 2, Dims: []netcdf.Dim{{Name: "time", Length: shape[0], Record: true}}}
	for n, d := range shape[1:] {
		f.Dims = append(f.Dims, netcdf.Dim{Name: fmt.Sprintf("d%d", n), Length: d})
	}
	times := netcdf.Var{Name: "time", Dims: []int{0}, Type: netcdf.Double, Data: make([]byte, 8*shape[0])}
	for k := range shape[0] {
		netcdf.Put(netcdf.Double, times.Data, k, float64(k))
	}
	v := netcdf.Var{Name: "x", Dims: []int{0, 1, 2}, Type: netcdf.Double, Data: make([]byte, 8*len(values))}
	for k, x := range values {
		netcdf.Put(netcdf.Double, v.Data, k, x)
	}
	f.Vars = []netcdf.Var{times, v}
	return []byte(ncFile(t, f))
}

// TestWorkbookTakesFewBytes holds what a table keeps of a workbook below four times its cells of eight bytes each, the file
// left out.
func TestWorkbookTakesFewBytes(t *testing.T) {
	const rows = 20_000
	table := [][]any{{"station", "day", "hour", "value"}}
	for k := range rows {
		table = append(table, []any{fmt.Sprint("s", k/1000), k / 24 % 40, k % 24, 0.5 + float64(k)})
	}
	data := workbook(t, nil, []string{"one"}, table)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	read, err := parse("t.xlsx", data, Options{Duplicates: FirstOfDuplicates})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	const decoded = 4 * 8 * rows
	if kept := float64(after.HeapAlloc) - float64(before.HeapAlloc); kept > 4*decoded {
		t.Errorf("%.0f bytes are kept of %d cells, %.1f times their own", kept, 4*rows, kept/decoded)
	} else {
		t.Logf("%.2f times the cells", kept/decoded)
	}
	runtime.KeepAlive(read)
	runtime.KeepAlive(table)
}
