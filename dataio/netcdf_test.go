package dataio

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lacuna/internal/netcdf"
)

// ncSample is what ncgen made of internal/netcdf/testdata/stations.cdl.
func ncSample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "internal", "netcdf", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// ncFile makes the bytes of a file.
func ncFile(t testing.TB, f *netcdf.File) string {
	t.Helper()
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// ncNumbers are elements of a type.
func ncNumbers(kind netcdf.Type, values ...float64) []byte {
	data := make([]byte, kind.Size()*len(values))
	for k, v := range values {
		netcdf.Put(kind, data, k, v)
	}
	return data
}

// ncVar finds a variable in a written file.
func ncVar(t testing.TB, data []byte, name string) (*netcdf.File, *netcdf.Var) {
	t.Helper()
	f, err := netcdf.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	var found *netcdf.Var
	for k := range f.Vars {
		v := &f.Vars[k]
		v.Replace(v.Gather())
		if v.Name == name {
			found = v
		}
	}
	if found != nil {
		return f, found
	}
	t.Fatalf("there is no variable %s", name)
	return nil, nil
}

func TestNetCDF(t *testing.T) {
	for _, name := range []string{"classic.nc", "offset64.nc", "cdf5.nc"} {
		in := ncSample(t, name)
		path := save(t, name, string(in))
		if _, err := Read(path, Options{}); err == nil ||
			!strings.Contains(err.Error(), "several variables: rain, temperature: choose one with --value rain, or several") {
			t.Errorf("error %v does not tell what to choose", err)
		}
		o := Options{Value: "rain"}
		table := mustRead(t, path, o)
		if got := fmt.Sprint(table.Format, spelt(table.Observed().Modes), table.Observed().Values,
			table.Gaps()); got != "NetCDF-3"+
			"[{time [2001-01-01T00:00:00 2001-01-02T00:00:00 2001-01-03T12:00:00]} {station [abcd e fg]}]"+
			"[0.5 1 2 2.5 3 -3.5 4 4.5] 1" {
			t.Errorf("read %s", got)
		}
		out := filepath.Join(t.TempDir(), "out.nc")
		if err := table.Write(out, func([]int32) Filled { return Filled{Value: 7.6, Stderr: 0.25, Extra: []float64{7}} },
			"lacuna_low"); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		before, _ := ncVar(t, bytes.Clone(in), "rain")
		after, rain := ncVar(t, data, "rain")
		// All but the gap is as it was; the gap is 7.6 / 0.5, rounded as the variable stores it.
		netcdf.Put(netcdf.Short, before.Vars[2].Data, 2, 15)
		if d := cmp.Diff(before.Vars, after.Vars[:len(before.Vars)], cmpopts.IgnoreUnexported(netcdf.Var{})); d != "" || rain.Type != netcdf.Short {
			t.Errorf("%s: variables differ (-want +got):\n%s", name, d)
		}
		if d := cmp.Diff(before.Attrs, after.Attrs) + cmp.Diff(before.Dims, after.Dims); d != "" {
			t.Errorf("%s: attributes or dimensions differ:\n%s", name, d)
		}
		for added, want := range map[string]string{
			"rain_filled": "[0 0 1 0 0 0 0 0 0]", "rain_stderr": "[NaN NaN 0.25 NaN NaN NaN NaN NaN NaN]",
			"rain_low": "[NaN NaN 7 NaN NaN NaN NaN NaN NaN]",
		} {
			_, v := ncVar(t, data, added)
			if got := fmt.Sprint((&netcdf.Attr{Type: v.Type, Data: v.Data}).Numbers()); got != want {
				t.Errorf("%s is %s, want %s", added, got, want)
			}
			if added != "rain_filled" && v.Attr("units").Text() != "mm" {
				t.Errorf("%s has no unit", added)
			}
		}
		// What lacuna added is no data when the output is read, and is replaced when it is written again.
		again := mustRead(t, out, o)
		_, data = written(t, again, "again.nc", o)
		if f, _ := ncVar(t, data, "rain_stderr"); len(f.Vars) != len(before.Vars)+2 {
			t.Errorf("%s: %d variables after a second round", name, len(f.Vars))
		}
	}
}

func TestNetCDFSeveralVariables(t *testing.T) {
	x := []netcdf.Dim{{Name: "x", Length: 2}, {Name: "one", Length: 1}, {Name: "y", Length: 2}}
	f := &netcdf.File{Version: 2, Dims: x, Vars: []netcdf.Var{
		{Name: "a", Dims: []int{0, 1, 2}, Type: netcdf.Double, Data: ncNumbers(netcdf.Double, 1, 2, math.NaN(), 4)},
		{Name: "b", Dims: []int{0, 1, 2}, Type: netcdf.Int, Data: ncNumbers(netcdf.Int, 5, netcdf.Fill(netcdf.Int), 7, 8)},
		{Name: "c", Dims: []int{0}, Type: netcdf.Int, Data: ncNumbers(netcdf.Int, 5, 6)},
	}}
	path := save(t, "t.nc", ncFile(t, f))
	o := Options{Value: "b,a"}
	table := mustRead(t, path, o)
	if got := fmt.Sprint(spelt(table.Observed().Modes), table.Observed().Values, table.Gaps()); got !=
		"[{x [0 1]} {y [0 1]} {variable [b a]}][5 1 2 7 8 4] 2" {
		t.Errorf("read %s", got)
	}
	after, data := written(t, table, "out.nc", o)
	checkFilledCells(t, table, after)
	// Whole numbers that are no longer whole become double.
	if _, b := ncVar(t, data, "b"); b.Type != netcdf.Double {
		t.Errorf("b has the type %d", b.Type)
	}
	for value, want := range map[string]string{
		"b,c": "other dimensions", "b,b": "named twice", "b,d": `no variable "d": choose among a, b`, "c": "1 axes",
	} {
		if _, err := Read(path, Options{Value: value}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--value %s gives %v, want %q", value, err, want)
		}
	}
}

// TestConvertedToCSV writes arrays as a table of their cells.
func TestConvertedToCSV(t *testing.T) {
	table := mustRead(t, save(t, "t.nc", string(ncSample(t, "classic.nc"))), Options{Value: "rain"})
	_, data := written(t, table, "out.csv", Options{Index: []string{"time", "station"}, Value: "rain"}, "lacuna_low")
	want := lines("time,station,rain,lacuna_filled,lacuna_stderr,lacuna_low", "2001-01-01T00:00:00,abcd,0.5,0,,",
		"2001-01-01T00:00:00,e,1,0,,", "2001-01-01T00:00:00,fg,52,1,0.25,", "2001-01-02T00:00:00,abcd,2,0,,")
	if !strings.HasPrefix(string(data), want) || bytes.Count(data, []byte("\n")) != 10 {
		t.Errorf("written:\n%s", data)
	}
	table = mustRead(t, save(t, "t.tns", "1 1 1\n1 2 2\n2 1 3\n"), Options{})
	_, data = written(t, table, "out.csv", Options{Value: "value", Index: []string{"mode1", "mode2"}})
	if !strings.HasSuffix(string(data), "2,2,61,1,0.25\n") {
		t.Errorf("written:\n%s", data)
	}
}

// TestNetCDFAttributes reads numbers that attributes make gaps, pack or make unsigned.
func TestNetCDFAttributes(t *testing.T) {
	for _, test := range []struct {
		name   string
		kind   netcdf.Type
		attrs  []netcdf.Attr
		raw    []float64
		values string
		fill   float64
		filled netcdf.Type
	}{
		{
			"a fill value of float in double", netcdf.Float,
			[]netcdf.Attr{netcdf.NumberAttr("missing_value", netcdf.Double, 1e20)},
			[]float64{1, 1e20, 3, 4},
			"[1 3 4]", 2, netcdf.Float,
		},
		{
			"several missing values", netcdf.Int,
			[]netcdf.Attr{{Name: "missing_value", Type: netcdf.Int, Data: ncNumbers(netcdf.Int, -1, -2)}},
			[]float64{-1, -2, 3, 4},
			"[3 4]", 2, netcdf.Double,
		},
		{
			"out of the valid range", netcdf.Float,
			[]netcdf.Attr{netcdf.NumberAttr("valid_max", netcdf.Float, 10)},
			[]float64{1, 11, 3, 4},
			"[1 3 4]", 2, netcdf.Float,
		},
		{"packed", netcdf.Byte, []netcdf.Attr{
			netcdf.NumberAttr("scale_factor", netcdf.Float, 0.5), netcdf.NumberAttr("add_offset", netcdf.Float, 10),
			netcdf.NumberAttr("_FillValue", netcdf.Byte, -128),
		}, []float64{0, -128, 2, 4}, "[10 11 12]", 11.5, netcdf.Byte},
		{"packed, out of reach", netcdf.Byte, []netcdf.Attr{
			netcdf.NumberAttr("scale_factor", netcdf.Float, 0.5), netcdf.NumberAttr("_FillValue", netcdf.Byte, -128),
		}, []float64{0, -128, 2, 4}, "[0 1 2]", 1000, netcdf.Double},
		{"unsigned", netcdf.Byte, []netcdf.Attr{
			netcdf.TextAttr("_Unsigned", "true"), netcdf.NumberAttr("_FillValue", netcdf.Byte, -1),
			netcdf.NumberAttr("scale_factor", netcdf.Double, 1),
		}, []float64{-2, -1, 2, 4}, "[254 2 4]", 200, netcdf.Byte},
	} {
		f := &netcdf.File{Version: 1, Dims: []netcdf.Dim{{Name: "x", Length: 2}, {Name: "y", Length: 2}}, Vars: []netcdf.Var{
			{Name: "v", Dims: []int{0, 1}, Type: test.kind, Data: ncNumbers(test.kind, test.raw...), Attrs: test.attrs},
		}}
		table := mustRead(t, save(t, "t.nc", ncFile(t, f)), Options{})
		if got := fmt.Sprint(table.Observed().Values); got != test.values {
			t.Errorf("%s: read %s, want %s", test.name, got, test.values)
		}
		out := filepath.Join(t.TempDir(), "out.nc")
		if err := table.Write(out, func([]int32) Filled { return Filled{Value: test.fill} }); err != nil {
			t.Fatal(err)
		}
		data, _ := os.ReadFile(out)
		if _, v := ncVar(t, data, "v"); v.Type != test.filled {
			t.Errorf("%s: written as type %d, want %d", test.name, v.Type, test.filled)
		}
		after := mustRead(t, out, Options{})
		want := map[float64]bool{test.fill: true}
		for _, v := range table.Observed().Values {
			want[v] = true
		}
		got := map[float64]bool{}
		for _, v := range after.Observed().Values {
			got[v] = true
		}
		if d := cmp.Diff(want, got); d != "" || !after.Complete() {
			t.Errorf("%s: values of the output (-want +got):\n%s", test.name, d)
		}
	}
}

func TestNetCDFLabels(t *testing.T) {
	for _, test := range []struct {
		units, calendar string
		values          []float64
		want            string
	}{
		{"days since 1990-01-01", "", []float64{0, 31}, "[1990-01-01 1990-02-01]"},
		{"hours since 1900-01-01 00:00:0.0", "gregorian", []float64{1.5, 24}, "[1900-01-01T01:30:00 1900-01-02T00:00:00]"},
		{"hours since 1-1-1 00:00:0.0", "standard", []float64{17522904, 17522928}, "[2000-01-01 2000-01-02]"},
		{"days since 0001-01-01", "proleptic_gregorian", []float64{730119, 730120}, "[2000-01-01 2000-01-02]"},
		{"seconds since 1970-01-01T00:00:00Z", "", []float64{0.5, 86400}, "[1970-01-01T00:00:00.5 1970-01-02T00:00:00]"},
		{"days since 2000-01-01", "360_day", []float64{0, 1e6}, "[0 1000000]"},
		{"days since 1500-01-01", "", []float64{0, 1}, "[0 1]"},
		{"months since 2000-01-01", "", []float64{0, 1}, "[0 1]"},
		{"m", "", []float64{0.1, 2e20}, "[0.1 2e+20]"},
		{"", "", []float64{3, 3}, "[0 1]"}, // twice
	} {
		f := &netcdf.File{Version: 1, Dims: []netcdf.Dim{{Name: "x", Length: 2}, {Name: "y", Length: 2}}, Vars: []netcdf.Var{
			{Name: "v", Dims: []int{0, 1}, Type: netcdf.Float, Data: ncNumbers(netcdf.Float, 1, 2, 3, 4)},
			{
				Name: "x", Dims: []int{0}, Type: netcdf.Double,
				Data: ncNumbers(netcdf.Double, test.values...), Attrs: []netcdf.Attr{
					netcdf.TextAttr("units", test.units), netcdf.TextAttr("calendar", test.calendar),
				},
			},
		}}
		table := mustRead(t, save(t, "t.nc", ncFile(t, f)), Options{})
		if got := fmt.Sprint(table.Observed().Modes[0].Labels); got != test.want {
			t.Errorf("%v %s (%s): labels %s, want %s", test.values, test.units, test.calendar, got, test.want)
		}
	}
}

func FuzzNetCDF(f *testing.F) {
	for _, name := range []string{"classic.nc", "offset64.nc", "cdf5.nc"} {
		f.Add(ncSample(f, name))
	}
	fuzzRead(f, "t.nc", Options{Value: "rain"})
}
