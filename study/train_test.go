package study

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lacuna/experiment"
)

// small is a run that takes a fraction of a second and recovers its tensor.
func small() Settings {
	return Settings{
		Shape: "6x6x6", Rank: 2, Observed: 0.8, Blocks: 24, SigmaW: 0.01, SigmaA: 0.1, Depth: Depths{1}, Trajectory: "all",
		Points: 40,
	}
}

func TestTrainRecoversATensor(t *testing.T) {
	var d Data
	o, err := d.Train(context.Background(), small())
	if err != nil {
		t.Fatal(err)
	}
	if o.Status != "converged" || o.Rank != 2 || !(o.TestMSE < 1e-10) || !(o.TrainMSE < 1e-13) ||
		!(o.RelativeTest < 1e-5) {
		t.Errorf("outcome %+v", o)
	}
	if len(o.Emergences) < 2 || len(o.Trajectory.Blocks) != 24 || len(o.Trajectory.Records) > 41 {
		t.Errorf("%d emergences, %d blocks, %d records",
			len(o.Emergences), len(o.Trajectory.Blocks), len(o.Trajectory.Records))
	}
	last := o.Trajectory.Records[len(o.Trajectory.Records)-1]
	if Number(last.TestMSE) != o.TestMSE || Number(last.Time) != o.FlowTime || int(last.Rank) != o.Rank {
		t.Errorf("the trajectory ends at %+v, the run at %+v", last, o)
	}
}

// A share that holds no cell out is told, and does not end the run for want of improvement.
func TestHoldOutOfNothing(t *testing.T) {
	var d Data
	s := small()
	s.HoldOut = 0.001
	if o, err := d.Train(context.Background(), s); err == nil || !strings.Contains(err.Error(), "hold_out = 0.001 of 173") {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestTrainInFloat32(t *testing.T) {
	var d Data
	s := small()
	double, err := d.Train(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	s.DType = "float32"
	single, err := d.Train(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if single.Status != "converged" || single.Rank != double.Rank || !(single.TestMSE < 1e-8) ||
		single.TrainMSE == double.TrainMSE {
		t.Errorf("in float32 %+v, in float64 %+v", single, double)
	}
	for i, emerged := range single.Emergences {
		if want := double.Emergences[i]; math.Abs(float64(emerged-want)) > 0.01*float64(want) {
			t.Errorf("emergence %d at %v, in float64 at %v", i, emerged, want)
		}
	}
}

func TestTrainIsDeterministic(t *testing.T) {
	s := small()
	s.HoldOut, s.Balanced, s.Depth = 0.1, true, Depths{0.5}
	var outcomes [2]Outcome
	for i := range outcomes {
		var d Data
		var err error
		if outcomes[i], err = d.Train(context.Background(), s); err != nil {
			t.Fatal(err)
		}
	}
	sameNaN := cmp.Comparer(func(a, b float64) bool { return a == b || (math.IsNaN(a) && math.IsNaN(b)) })
	if diff := cmp.Diff(outcomes[0], outcomes[1], sameNaN); diff != "" {
		t.Error(diff)
	}
	if math.IsNaN(float64(outcomes[0].HeldBackMSE)) {
		t.Error("cells were held back, and there is no error on them")
	}
}

// With cells held back, the outcome belongs to the record at which they were predicted best.
func TestHeldBackCellsChooseTheMoment(t *testing.T) {
	s := small()
	s.Noise, s.HoldOut, s.Patience, s.Depth, s.Points = 0.5, 0.2, 8, Depths{0}, 10_000
	var d Data
	o, err := d.Train(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	best := o.Trajectory.Records[0]
	for _, p := range o.Trajectory.Records {
		if p.HeldOut < best.HeldOut {
			best = p
		}
	}
	if Number(best.TestMSE) != o.TestMSE || Number(best.HeldOut) != o.HeldBackMSE {
		t.Errorf("outcome %v, %v; the best moment has %v, %v", o.HeldBackMSE, o.TestMSE, best.HeldOut, best.TestMSE)
	}
	if best.Time == o.Trajectory.Records[len(o.Trajectory.Records)-1].Time {
		t.Error("the best moment is the last: the test shows nothing")
	}
}

func TestTrainCanBeCutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var d Data
	if _, err := d.Train(ctx, small()); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was cut short returned %v", err)
	}
}

func TestFaultsOfARun(t *testing.T) {
	for _, test := range []struct {
		change func(*Settings)
		want   string
	}{
		{func(s *Settings) { s.Depth = Depths{0.5} }, "whole number"},
		{func(s *Settings) { s.Start = "warm" }, "warm"},
		{func(s *Settings) { s.Loss = "hinge" }, "hinge"},
		{func(s *Settings) { s.Integrator = "sophia" }, "sophia"},
		{func(s *Settings) { s.Observed = 1e-9 }, "observe more"},
		{func(s *Settings) { s.Data = "ccds" }, "no licence"},
		{func(s *Settings) { s.Data = "meteo-uk" }, "data fetch"},
		{func(s *Settings) { s.Standardise = "colour" }, "nor the name of a mode"},
		{func(s *Settings) { s.Observed = 2 }, "outside"},
	} {
		s := small()
		test.change(&s)
		var d Data
		if _, err := d.Train(context.Background(), s); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want one with %q", err, test.want)
		}
	}
}

func TestMasksAreNested(t *testing.T) {
	var d Data
	s := small()
	s.Normalise()
	s.Observed = 0.3
	few, _, err := d.Split(s)
	if err != nil {
		t.Fatal(err)
	}
	s.Observed = 0.6
	many, rest, err := d.Split(s)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for c := range many.Values {
		names[many.CellName(c)] = true
	}
	for c := range few.Values {
		if !names[few.CellName(c)] {
			t.Fatalf("cell %s is observed at 30 %%, not at 60 %%", few.CellName(c))
		}
	}
	if few.Len() != 65 || many.Len() != 130 || rest.Len() != 86 {
		t.Errorf("%d, %d observed, %d rest", few.Len(), many.Len(), rest.Len())
	}
}

func TestFileWithAMaskColumn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.csv")
	text := "month,station,value,u1\njan,a,1,0.1\njan,b,2,0.9\nfeb,a,3,0.2\nfeb,b,4,0.05\nmar,a,5,0.7\nmar,b,6,0.31\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	runs, err := Parse(filepath.Join(filepath.Dir(path), "spec.toml"), []byte("data = \"table.csv\"\n"+
		"mask_column = \"u1\"\nobserved = 0.3\nstandardise = \"none\""))
	if err != nil {
		t.Fatal(err)
	}
	var d Data
	train, test, err := d.Split(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]float64{{1, 3, 4}, {2, 5, 6}}, [][]float64{train.Values, test.Values}); diff != "" {
		t.Error(diff)
	}
	if err := os.WriteFile(path, []byte(text+"apr,a,1,0.1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var later Data
	if _, _, err := later.Split(runs[0]); err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("the file has changed, and the error is %v", err)
	}
}

func TestPictures(t *testing.T) {
	dir := t.TempDir()
	runs := grid(t, 60, 0, "")
	runHere(t, dir, runs, Options{})
	s, err := Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.Ledger.Runs()
	if err != nil {
		t.Fatal(err)
	}
	f := ByDepth("test", all)
	// 40 runs of uniform depth, four of which fail; the others differ in rank, 0 … 8.
	empty := 0
	for _, run := range all {
		if _, uniform := run.Settings.Depth.Uniform(); uniform && run.State == Done && run.Outcome.Rank == 0 {
			empty++
		}
	}
	if n := len(f.Charts[0].Points[0].X); n != 40-4-empty {
		t.Errorf("%d points drawn, want %d", n, 36-empty)
	}
	for _, run := range all {
		way, err := s.Trajectory(run.ID)
		if err != nil {
			t.Fatal(err)
		}
		if (way == nil) != (run.State == Failed) {
			t.Fatalf("run %s, %s, trajectory %v", run.ID, run.State, way)
		}
		if way != nil {
			panel := Panel(run, way, true)
			if len(panel.Norms) != 2 || panel.Of != 500 || len(panel.X) != 40 || panel.X[39] != 39 {
				t.Fatalf("panel %+v", panel)
			}
		}
	}
	if err := Export(filepath.Join(dir, "runs.xml"), all); err == nil {
		t.Error("an unknown ending was accepted")
	}
	if err := Export(filepath.Join(dir, "runs.json"), all); err != nil {
		t.Error(err)
	}
}

func TestHalvesAreSplitOff(t *testing.T) {
	s := Settings{Shape: "6x6x6", Rank: 1, Observed: 0.2, Pattern: experiment.Halves, Bridges: 2}
	s.Normalise()
	train, test, err := new(Data).Split(s)
	if err != nil {
		t.Fatal(err)
	}
	if train.Len() != 43 || train.Len()+test.Len() != 216 {
		t.Errorf("%d and %d cells, want 43 of 216 observed", train.Len(), test.Len())
	}
	s.Observed = 0.9
	if _, _, err := new(Data).Split(s); err == nil {
		t.Error("more cells than the halves have are taken")
	}
}
