package dataset

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"lacuna/dataio"
	"lacuna/tensor"
)

// unfolding is the tensor as a matrix, one row an index of the first mode.
func unfolding(o *tensor.Observed) *mat.Dense {
	rows := len(o.Modes[0].Labels)
	return mat.NewDense(rows, o.Len()/rows, o.Values)
}

func numericalRank(m mat.Matrix) int {
	var svd mat.SVD
	svd.Factorize(m, mat.SVDNone)
	values := svd.Values(nil)
	rank := 0
	for _, v := range values {
		if v > 1e-10*values[0] {
			rank++
		}
	}
	return rank
}

func TestSyntheticHasItsRank(t *testing.T) {
	o := Synthetic(tensor.Shape{10, 9, 8}, 5, 0, 3)
	if got := numericalRank(unfolding(o)); got != 5 || o.Len() != 720 {
		t.Errorf("rank %d of %d cells, want 5 of 720", got, o.Len())
	}
	factors := SyntheticFactors(tensor.Shape{10, 9, 8}, 5, 3)
	var want float64
	for r := range 5 {
		want += factors[0][3][r] * factors[1][4][r] * factors[2][5][r]
	}
	if got := o.Values[3*72+4*8+5]; math.Abs(got-want) > 1e-12 {
		t.Errorf("cell (3,4,5) is %v, want %v", got, want)
	}
	if again := Synthetic(tensor.Shape{10, 9, 8}, 5, 0, 3); fmt.Sprint(again.Values) != fmt.Sprint(o.Values) {
		t.Error("one seed gave two tensors")
	}
	if other := Synthetic(tensor.Shape{10, 9, 8}, 5, 0, 4); other.Values[0] == o.Values[0] {
		t.Error("two seeds gave one tensor")
	}
}

func TestSyntheticEntriesAreStandardNormal(t *testing.T) {
	var entries []float64
	for seed := range uint64(20) {
		for _, factor := range SyntheticFactors(tensor.Shape{10, 10, 10, 10}, 5, seed) {
			for _, row := range factor {
				entries = append(entries, row...)
			}
		}
	}
	// 4,000 entries: five standard errors are 0.08 and 0.056.
	if mean, deviation := tensor.Moments(entries); math.Abs(mean) > 0.08 || math.Abs(deviation-1) > 0.056 {
		t.Errorf("mean %v, deviation %v", mean, deviation)
	}
}

func TestSyntheticNoise(t *testing.T) {
	clean, noisy := Synthetic(tensor.Shape{20, 20, 20}, 3, 0, 1), Synthetic(tensor.Shape{20, 20, 20}, 3, 0.5, 1)
	difference := make([]float64, clean.Len())
	for c := range difference {
		difference[c] = noisy.Values[c] - clean.Values[c]
	}
	_, signal := tensor.Moments(clean.Values)
	if _, noise := tensor.Moments(difference); math.Abs(noise/signal-0.5) > 0.03 {
		t.Errorf("noise of %v of the deviation, want 0.5", noise/signal)
	}
}

func TestObservePatterns(t *testing.T) {
	cells := Synthetic(tensor.Shape{10, 6, 5}, 2, 0, 1)
	for _, test := range []struct {
		pattern Pattern
		mode    int
	}{{Random, 0}, {Fibres, 0}, {Fibres, 2}, {Spells, 0}, {Spells, 1}} {
		observed, heldOut := Observe(cells, test.pattern, test.mode, 0.4, 9)
		if got := observed.Len() + heldOut.Len(); got != cells.Len() {
			t.Errorf("%v: %d cells in both parts, want %d", test, got, cells.Len())
		}
		if share := float64(observed.Len()) / float64(cells.Len()); math.Abs(share-0.4) > 0.1 {
			t.Errorf("%v: a share of %v is observed, want 0.4", test, share)
		}
		again, _ := Observe(cells, test.pattern, test.mode, 0.4, 9)
		if fmt.Sprint(again.Index) != fmt.Sprint(observed.Index) {
			t.Errorf("%v: one seed gave two choices", test)
		}
		for _, fibre := range fibresOf(heldOut, test.mode) {
			indices := heldOut.Index[test.mode]
			length := len(cells.Modes[test.mode].Labels)
			switch {
			case test.pattern == Fibres && len(fibre) != length:
				t.Errorf("%v: a fibre is missing in part", test)
			case test.pattern == Spells && int(indices[fibre[len(fibre)-1]]-indices[fibre[0]]) != len(fibre)-1:
				t.Errorf("%v: a spell has holes", test)
			}
		}
	}
}

func TestGenerateStationsLooksLikeWeather(t *testing.T) {
	o := GenerateStations(StationOptions{Seed: 1})
	if got := fmt.Sprint(o.Shape(), o.Modes[0].Labels[59:],
		o.Modes[1].Labels[:1]); got != "[60 12 5] [2005-12] [generated01]" {
		t.Errorf("the table is %s", got)
	}
	means := make([]float64, variables)
	var july, january float64
	for c, v := range o.Values {
		variable := o.Index[2][c]
		means[variable] += v / float64(o.Len()/variables)
		if math.Abs(v*10-math.Round(v*10)) > 1e-9 || math.Signbit(v) && v == 0 {
			t.Fatalf("%s is %v: values have one decimal", o.CellName(c), v)
		}
		if variable == 2 && (v < 0 || v > 31 || v != math.Round(v)) {
			t.Errorf("%s: %v days with frost", o.CellName(c), v)
		}
		if variable == 0 {
			switch o.Index[0][c] % 12 {
			case 0:
				january += v
			case 6:
				july += v
			}
			// The minimum lies below the maximum.
			if o.Values[c+1] > v {
				t.Errorf("%s: tmax %v below tmin %v", o.CellName(c), v, o.Values[c+1])
			}
		}
	}
	if july <= january || means[0] < 5 || means[0] > 20 || means[3] < 40 || means[4] < 60 {
		t.Errorf("means %v, July %v, January %v", means, july, january)
	}
	// Few causes: five of the 60 singular values hold 90 % of the months' variation of the standardised table.
	s := tensor.FitScaling(o, tensor.StandardiseMode, 2).Apply(o)
	var svd mat.SVD
	svd.Factorize(unfolding(s), mat.SVDNone)
	var all, first float64
	for k, v := range svd.Values(nil) {
		all += v * v
		if k < 5 {
			first += v * v
		}
	}
	if first/all < 0.9 {
		t.Errorf("five components hold %v of the variation", first/all)
	}
}

func TestMasked(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "t.csv")
	text := "a,b,value,u1,u2\nx,p,1,0.1,0.9\ny,p,2,0.5,0.2\ny,q,3,0.2,0.1\nx,q,4,0.3,0.3\n"
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	observed, heldOut, err := Masked(path, "u1", 0.3)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(observed.Values, heldOut.Values); got != "[1 3] [4 2]" {
		t.Errorf("observed and held out %s", got)
	}
	for column, want := range map[string]string{"u9": `no column "u9"`, "a": "index"} {
		if _, _, err := Masked(path, column, 0.3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("mask %s: error %v, want one that says %q", column, err, want)
		}
	}
	if _, err := Load(filepath.Join(folder, "none.csv")); !errors.As(err, new(*dataio.Error)) {
		t.Errorf("error %v, want a *dataio.Error", err)
	}
}

func TestMaskedOnDevelopmentData(t *testing.T) {
	observed, heldOut, err := Masked(sharedData(t, "birmingham.csv.gz"), "u1", 0.3)
	if err != nil {
		t.Fatal(err)
	}
	if observed.Len()+heldOut.Len() != 35389 || math.Abs(float64(observed.Len())/35389-0.3) > 0.02 {
		t.Errorf("%d observed, %d held out", observed.Len(), heldOut.Len())
	}
}

func TestWriteAndReadGenerated(t *testing.T) {
	o := GenerateStations(StationOptions{Months: 8, Stations: 3})
	path := filepath.Join(t.TempDir(), "stations.csv.gz")
	if err := dataio.WriteCSV(path, o, func(c int) bool { return c%4 == 1 }); err != nil {
		t.Fatal(err)
	}
	table, err := dataio.Read(path, dataio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if table.Gaps() != 30 || table.Observed().Len() != 90 {
		t.Errorf("%d gaps and %d observed cells, want 30 and 90", table.Gaps(), table.Observed().Len())
	}
	for c := range table.Observed().Values {
		i := 0
		for n, d := range o.Shape() {
			i = i*d + int(table.Observed().Index[n][c])
		}
		if o.Values[i] != table.Observed().Values[c] {
			t.Errorf("%s changed", table.Observed().CellName(c))
		}
	}
}

func TestListAndFind(t *testing.T) {
	for _, info := range List() {
		if info.Name == "" || info.Title == "" || len(info.Shape) < 2 || info.Source == "" || info.Licence == "" ||
			info.Get == "" {
			t.Errorf("%+v is not complete", info)
		}
		if found, err := Find(info.Name); err != nil || found.Title != info.Title {
			t.Errorf("Find(%s): %v", info.Name, err)
		}
	}
	if _, err := Find("mnist"); err == nil || !strings.Contains(err.Error(), "meteo-uk") {
		t.Errorf("error %v does not list the names", err)
	}
	if got := GenerateStations(StationOptions{}).Shape(); fmt.Sprint(got) != fmt.Sprint(List()[1].Shape) {
		t.Errorf("the generated table has shape %v", got)
	}
}
