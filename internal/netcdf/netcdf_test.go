package netcdf

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var samples = []string{"classic.nc", "offset64.nc", "cdf5.nc"}

// TestSameBytesAsTheLibrary reads what ncgen made of testdata/stations.cdl, and writes the same bytes.
func TestSameBytesAsTheLibrary(t *testing.T) {
	for _, name := range samples {
		data := sample(t, name)
		f, err := Read(data)
		if err != nil {
			t.Fatal(name, err)
		}
		var out bytes.Buffer
		if err := f.Write(&out); err != nil {
			t.Fatal(name, err)
		}
		if !bytes.Equal(out.Bytes(), data) {
			t.Errorf("%s: %d bytes come back as %d others", name, len(data), out.Len())
		}
		if got, want := fmt.Sprint(f.Dims), "[{time 3 true} {station 3 false} {width 4 false}]"; got != want {
			t.Errorf("%s: dimensions %s, want %s", name, got, want)
		}
		var numbers [][]float64
		for k := range f.Vars {
			v := &f.Vars[k]
			if v.Type == Char {
				if string(v.Data) != "abcde\x00\x00\x00fg\x00\x00" {
					t.Errorf("%s: text %q", name, v.Data)
				}
				continue
			}
			numbers = append(numbers, (&Attr{Type: v.Type, Data: v.Gather()}).Numbers())
		}
		want := [][]float64{
			{0, 1, 2.5},
			{1, 2, -999, 4, 5, 6, -7, 8, 9},
			{1.5, 2, Fill(Float), 4, 5, 6, 7, 8, 9, 10, 11, 99},
			{1, -2, 3},
			{7, 8, 9},
		}
		if !reflect.DeepEqual(numbers, want) {
			t.Errorf("%s: numbers %v, want %v", name, numbers, want)
		}
		if v := &f.Vars[2]; v.Attr("units").Text() != "mm" || v.Attr("scale_factor").Numbers()[0] != 0.5 ||
			v.Attr("none") != nil || v.Attr("none").Text() != "" {
			t.Errorf("%s: attributes %v", name, v.Attrs)
		}
	}
}

func TestOneRecordVariableIsNotPadded(t *testing.T) {
	f := &File{
		Version: 1, Dims: []Dim{{"t", 3, true}},
		Vars: []Var{{Name: "x", Dims: []int{0}, Type: Byte, Data: []byte{1, 2, 3}}},
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(out.Bytes(), []byte{1, 2, 3}) {
		t.Errorf("ends in % x", out.Bytes()[out.Len()-8:])
	}
	again, err := Read(out.Bytes())
	if err != nil || !bytes.Equal(again.Vars[0].Data, []byte{1, 2, 3}) {
		t.Errorf("read %v (%v)", again, err)
	}
}

func TestTypesOfCDF5RaiseTheVersion(t *testing.T) {
	data := make([]byte, 16)
	Put(UInt64, data, 0, 1<<63)
	Put(UInt64, data, 1, 5)
	f := &File{
		Version: 1, Dims: []Dim{{"x", 2, false}}, Vars: []Var{{Name: "v", Dims: []int{0}, Type: UInt64, Data: data}},
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	again, err := Read(out.Bytes())
	if err != nil || again.Version != 5 || Number(UInt64, again.Vars[0].Data, 0) != 1<<63 {
		t.Errorf("read %+v (%v)", again, err)
	}
}

func TestHolds(t *testing.T) {
	for _, test := range []struct {
		t     Type
		value float64
		want  bool
	}{
		{Byte, -128, true},
		{Byte, 128, false},
		{UByte, 255, true},
		{UByte, -1, false},
		{Short, 1.5, false},
		{UInt, 4294967295, true},
		{Int, 2147483648, false},
		{Float, 1e39, false},
		{Double, 1e39, true},
		{Int64, 1 << 62, true},
	} {
		if got := Holds(test.t, test.value); got != test.want {
			t.Errorf("type %d holds %v: %v", test.t, test.value, got)
			continue
		}
		if test.want {
			data := make([]byte, 8)
			Put(test.t, data, 0, test.value)
			if got := Number(test.t, data, 0); got != test.value && test.t != Float {
				t.Errorf("type %d: %v comes back as %v", test.t, test.value, got)
			}
		}
	}
}

// TestDamage cuts every file at every length and flips every byte: none may panic, or take more memory than four times
// the file and a little.
func TestDamage(t *testing.T) {
	refused := 0
	for _, name := range samples {
		whole := sample(t, name)
		try := func(data []byte) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Read(data)
			runtime.ReadMemStats(&after)
			if err != nil {
				refused++
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(4*len(whole)+16384) {
				t.Fatalf("%s: %d bytes of memory for %d of file (%v)", name, grown, len(data), err)
			}
		}
		for n := range whole {
			try(whole[:n])
			for _, mask := range []byte{0x01, 0x80, 0xFF} {
				damaged := bytes.Clone(whole)
				damaged[n] ^= mask
				try(damaged)
			}
		}
	}
	if refused < 1000 {
		t.Errorf("only %d damaged files are refused", refused)
	}
}
