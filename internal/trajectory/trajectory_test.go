package trajectory

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"
	"testing"

	"codeberg.org/sbinet/npyio/npz"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"lacuna/experiment"
)

func record(steps int) experiment.Record {
	s := float64(steps)
	return experiment.Record{
		Steps: steps, Time: 1e10 * s, Step: 0.1 * s, Evaluations: 4 * steps, Wall: s / 7, Loss: 1 / (1 + s),
		TrainMSE: 2 / (1 + s),
		TestMSE:  3 / (1 + s), HeldOut: math.NaN(), Epsilon: 1e-300 * s, Rank: steps % 5, Deep: []float64{s, 1 / s},
		Shallow: []float64{2 * s, 2 / s},
	}
}

func TestCSV(t *testing.T) {
	var run experiment.Trajectory
	run.Add(record(1))
	run.Add(record(2))
	var out bytes.Buffer
	if err := Write(&out, "a.csv", &run); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 3 || lines[0][11] != "deep_1" || lines[0][14] != "shallow_2" {
		t.Fatalf("lines %q", lines)
	}
	if lines[1][8] != "" {
		t.Errorf("a value that was not measured is spelt %q", lines[1][8])
	}
	for column, want := range map[int]float64{1: 2e10, 9: 2e-300, 12: 0.5, 13: 4} {
		if got, err := strconv.ParseFloat(lines[2][column], 64); err != nil || got != want {
			t.Errorf("column %s is %v, want %v", lines[0][column], got, want)
		}
	}
}

func TestParquet(t *testing.T) {
	var run experiment.Trajectory
	for s := 1; s < 40; s++ {
		run.Add(record(s))
	}
	var out bytes.Buffer
	if err := Write(&out, "a.parquet", &run); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.Read[row](bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 39 || rows[4].Time != 5e10 || !cmp.Equal(rows[4].Deep, []float64{5, 0.2}) ||
		!math.IsNaN(rows[4].HeldOut) {
		t.Errorf("%d rows, the fifth %+v", len(rows), rows[4])
	}
}

func TestNPZ(t *testing.T) {
	var run experiment.Trajectory
	run.Add(record(1))
	run.Add(record(2))
	var out bytes.Buffer
	if err := Write(&out, "a.npz", &run); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float64{"time": {1e10, 2e10}, "rank": {1, 2}, "deep": {1, 1, 2, 0.5}} {
		var got []float64
		if err := npz.Read(bytes.NewReader(out.Bytes()), name+".npy", &got); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s is %v, want %v (%v)", name, got, want, err)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	if err := Write(new(bytes.Buffer), "a.xlsx", new(experiment.Trajectory)); err == nil {
		t.Error("no error for .xlsx")
	}
}

// What was measured beside has columns, and only then.
func TestMeasured(t *testing.T) {
	for _, measured := range []bool{false, true} {
		var run experiment.Trajectory
		for s := 1; s < 3; s++ {
			r := record(s)
			if measured && s > 1 {
				r.Eigenvalues, r.Edge, r.Energy = []float64{5, 4}, 20, []float64{0.5, 1}
			}
			run.Add(r)
		}
		var out bytes.Buffer
		if err := Write(&out, "a.csv", &run); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		want := []string{}
		if measured {
			want = []string{"edge", "eigenvalue_1", "eigenvalue_2", "energy_1", "energy_2"}
		}
		if got := lines[0][15:]; !cmp.Equal(got, want) {
			t.Errorf("columns %q, want %q", got, want)
		}
		if measured && (!cmp.Equal(lines[2][15:], []string{"20", "5", "4", "0.5", "1"}) || lines[1][16] != "") {
			t.Errorf("lines %q", lines)
		}
	}
}

// A run of singular values has no norms of w: the archive has no such array, rather than one without its numbers.
func TestNPZWithoutShallow(t *testing.T) {
	var run experiment.Trajectory
	r := record(1)
	r.Shallow = nil
	run.Add(r)
	var out bytes.Buffer
	if err := Write(&out, "a.npz", &run); err != nil {
		t.Fatal(err)
	}
	archive, err := npz.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range archive.Keys() {
		if header := archive.Header(name); name == "shallow.npy" || header == nil {
			t.Errorf("array %s, header %v", name, header)
		}
	}
}
