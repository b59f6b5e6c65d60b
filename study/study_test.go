package study

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestListsAreAGrid(t *testing.T) {
	runs, err := Parse("spec.toml", []byte(`
observed = [0.1, 0.2]
depth = [0, 2.5, [1, 2, 3]]
seed = ["1..3", 9]
blocks = 64
balanced = true
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 2*3*4 {
		t.Fatalf("%d runs, want 24", len(runs))
	}
	first, last := runs[0], runs[23]
	if first.Observed != 0.1 || first.Depth.String() != "0" || first.Seed != 1 || first.Blocks != 64 || !first.Balanced {
		t.Errorf("first run %+v", first)
	}
	if last.Observed != 0.2 || last.Depth.String() != "1,2,3" || last.Seed != 9 {
		t.Errorf("last run %+v", last)
	}
	if runs[1].Seed != 2 || runs[4].Depth.String() != "2.5" {
		t.Error("the last key does not vary fastest")
	}
}

func TestSeveralGridsShareKeysAndRuns(t *testing.T) {
	runs, err := Parse("spec.toml", []byte(`
blocks = 50
[[grid]]
depth = [0, 1]
[[grid]]
depth = [1, 2]
blocks = [50, 60]
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 2+3 {
		t.Errorf("%d runs, want 5: depth 1 with 50 blocks is listed twice", len(runs))
	}
}

func TestFaultsInASpecificationAreLocated(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"depth = 1\ndepht = 2\n", `spec.toml:2:1: key "depht" is unknown`},
		{"[[grid]]\nseeds = 2\n", `spec.toml:2:1: key "grid.seeds" is unknown`},
		{"depth = [1\n", "spec.toml:"},
		{"blocks = 500\nseed = \"1..x\"\n", `spec.toml:2:1: seed: "1..x" is not a range`},
		{"seed = -1\n", "spec.toml:1:1: seed: -1 (int64) is not a whole number ≥ 0"},
		{"depth = [\"deep\"]\n", "depth: deep (string) is not a depth"},
		{"sigma_w = inf\n", "sigma_w: +Inf (float64) is not a finite number"},
		{"observed = 1.5\n", "observed = 1.5 is outside 0 … 1"},
		{"blocks = []\n", "blocks: the list is empty"},
		{"blocks = true\n", "blocks: true (bool) is not a whole number"},
		{"shape = \"10by10\"\n", "is not a list of sizes"},
		{"trajectory = \"some\"\n", "choose none, blocks or all"},
		{"dtype = \"half\"\n", "choose float64 or float32"},
		{"dtype = \"float32\"\nbalanced = true\n", "balanced chains are float64"},
		{"data = \"nowhere.csv\"\n", "spec.toml:1:1: data:"},
		{"seed = \"0..4\"\n", "spec.toml:1:1: seed: 0 stands for the default: give seeds from 1 on"},
		{"blocks = 5\nbeta1 = [0, 0.9]\n", "spec.toml:2:1: beta1: 0 stands for the default"},
		{"train_mse = 0.0\n", "train_mse: 0 stands for the default"},
		{"flow_time = -1\n", "flow_time = -1 cannot be negative"},
		{"blocks = 5\nDepth = 1\n", "spec.toml:2:1: Depth: keys are written small: depth"},
		{"blocks = 5\n[[grid]]\nSeed = 1\n", "spec.toml:3:1: Seed: keys are written small"},
		{"blocks = 5\n[grid]\nseed = 2\n", "spec.toml:2:1: [grid]: a grid begins with [[grid]]"},
		{"grid = 3\n", "spec.toml:1:1: grid: 3 is no grid"},
		{"grid = [1, 2]\n", "spec.toml:1:1: grid: 1 is no grid"},
		{"start = \"warm\"\n", "start = \"warm\" is unknown, choose one of gaussian"},
		{"integrator = \"sophia\"\n", "integrator = \"sophia\" is unknown"},
		{"loss = \"l1\"\n", "\"l1\" is unknown"},
		{"rate = [0.1, 0.2]\n", "spec.toml:1:1: rate: it has no effect on any run, it is for integrators with a rate"},
		{"integrator = \"gd\"\ntolerance = 0.1\n", "spec.toml:2:1: tolerance: it has no effect on any run"},
		{"depth = 0\nsigma_a = [0.1, 0.2]\n", "spec.toml:2:1: sigma_a: it has no effect on any run"},
		{"points = 20\n", "points: it has no effect on any run"},
	} {
		_, err := Parse("spec.toml", []byte(test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want one with %q", test.text, err, test.want)
		}
	}
}

// Keys have one name; the ones that settings are saved by go on working.
func TestFormerKeys(t *testing.T) {
	parse := func(text string) []Settings {
		runs, err := Parse("spec.toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return runs
	}
	now := parse("integrator = \"gd\"\nhold_out = 0.1\n[[grid]]\nintegrator = [\"gd\", \"rk32\"]\n")
	before := parse("method = \"gd\"\nhold_back = 0.1\n[[grid]]\nmethod = [\"gd\", \"rk32\"]\n")
	mixed := parse("method = \"flow\"\nhold_out = 0.1\n[[grid]]\nintegrator = [\"gd\", \"rk32\"]\n")
	if len(now) != 2 || !reflect.DeepEqual(now, before) || !reflect.DeepEqual(now, mixed) {
		t.Errorf("%+v, by the former names %+v, mixed %+v", now, before, mixed)
	}
	for text, want := range map[string]string{
		"method = \"gd\"\nintegrator = \"gd\"\n": "spec.toml:1:1: method: integrator says the same",
		"blocks = 5\nhold_back = true\n":         "spec.toml:2:1: hold_out: true (bool) is not a finite number",
		"holdout = 1\n":                          "patience, train_mse",
	} {
		if _, err := Parse("spec.toml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

// A later setting is a column only where a run sets it, so that tables of studies without it stay as they are.
func TestLaterColumns(t *testing.T) {
	run := Run{ID: "1", State: Pending}
	columns, rows := Table([]Run{run})
	named := run
	named.Settings.Model = "doubled"
	more, wider := Table([]Run{run, named})
	if slices.Contains(columns, "model") || len(more) != len(columns)+1 || len(rows[0]) != len(columns) {
		t.Errorf("columns %v, and with a model %v", columns, more)
	}
	if c := slices.Index(more, "model"); wider[0][c] != "" || wider[1][c] != "doubled" {
		t.Errorf("rows %v", wider)
	}
}

func TestIdentity(t *testing.T) {
	if (Settings{}).ID() != (Settings{Blocks: 500, Depth: Depths{0}, Data: "synthetic"}).ID() {
		t.Error("defaults, given or not, are the same run")
	}
	if (Settings{DType: "float64"}).ID() != (Settings{}).ID() {
		t.Error("float64 is the default: given or not, it is the same run")
	}
	var plain Settings
	plain.Normalise()
	if text, err := json.Marshal(plain); err != nil || strings.Contains(string(text), "dtype") {
		t.Errorf("settings of float64 are %s (%v): "+
			"runs made before there was a choice would change their identity", text, err)
	}
	seen := map[string]string{}
	for _, k := range keys {
		var s Settings
		s.Normalise()
		field := reflect.ValueOf(&s).Elem().FieldByIndex(k.Field.Index)
		switch field.Kind() {
		case reflect.String:
			field.SetString("other")
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Int:
			field.SetInt(77)
		case reflect.Uint64:
			field.SetUint(77)
		case reflect.Float64:
			field.SetFloat(0.77)
		case reflect.Slice:
			field.Set(reflect.ValueOf(Depths{7}))
		}
		id := s.ID()
		if other, ok := seen[id]; ok {
			t.Errorf("%s does not count: same identity as %s", k.Name, other)
		}
		seen[id] = k.Name
	}
	here, there := Settings{Data: "/a/x.csv", DataSum: "1"}, Settings{Data: "/b/x.csv", DataSum: "1"}
	if here.ID() != there.ID() || here.ID() == (Settings{Data: "/a/x.csv", DataSum: "2"}).ID() {
		t.Error("a file counts by its contents, not by its place")
	}
}

func TestEngineRecordsEveryRun(t *testing.T) {
	dir := t.TempDir()
	runs := grid(t, 180, 0, "")
	var last Progress
	runHere(t, dir, runs, Options{Workers: 4, Version: "v9", Progress: func(p Progress) { last = p }})
	s, err := Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.Ledger.Runs()
	if err != nil {
		t.Fatal(err)
	}
	done, failed := 0, 0
	best := Number(math.Inf(1))
	for i, run := range all {
		if run.ID != runs[i].ID() || !cmp.Equal(run.Settings, runs[i]) {
			t.Fatalf("row %d is not run %d", i, i)
		}
		if run.Version != "v9" || run.Started.IsZero() || run.Finished.Before(run.Started) || run.Machine == "" {
			t.Errorf("row %d lacks version, machine or times: %+v", i, run)
		}
		want, err := protected(context.Background(), pretend, run.Settings)
		if err != nil {
			failed++
			if run.State != Failed || run.Reason != err.Error() {
				t.Errorf("run of seed %d: state %s, reason %q", run.Settings.Seed, run.State, run.Reason)
			}
			continue
		}
		done++
		best = min(best, want.TestMSE)
		kept, err := s.Trajectory(run.ID)
		if err != nil {
			t.Fatal(err)
		}
		equalNaN := cmp.Comparer(func(a, b float64) bool { return a == b || (math.IsNaN(a) && math.IsNaN(b)) })
		if diff := cmp.Diff(want.Trajectory, kept, equalNaN); diff != "" {
			t.Fatalf("trajectory: %s", diff)
		}
		want.Trajectory = nil
		equalNumber := cmp.Comparer(func(a, b Number) bool { return a == b || (a != a && b != b) })
		if diff := cmp.Diff(want, run.Outcome, equalNumber); diff != "" {
			t.Fatalf("outcome: %s", diff)
		}
	}
	if last.Done != done || last.Failed != failed || last.Total != 180 || last.Best != best ||
		last.Running != 0 && last.Running > 4 {
		t.Errorf("progress ended at %+v; %d done, %d failed, best %v", last, done, failed, best)
	}
	if failed == 0 {
		t.Error("no run failed: the test shows nothing about failures")
	}
}

func TestTableDoesNotDependOnWorkers(t *testing.T) {
	one, many := t.TempDir(), t.TempDir()
	runs := grid(t, 60, 0, "")
	runHere(t, one, runs, Options{Workers: 1})
	runHere(t, many, runs, Options{Workers: 8})
	if table(t, one) != table(t, many) {
		t.Error("one worker and eight give different tables")
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	first, err := Open(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Ledger.Acquire(); err != nil {
		t.Fatal(err)
	}
	second, err := Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := second.Run(context.Background(), nil, Options{Runner: pretend}); !errors.Is(err, ErrBusy) {
		t.Errorf("a second process got %v, want ErrBusy", err)
	}
	if _, err := second.Status(); err != nil {
		t.Errorf("the status cannot be read while the study runs: %v", err)
	}
	first.Close()
	if err := second.Run(context.Background(), nil, Options{Runner: pretend}); err != nil {
		t.Errorf("after the first let go: %v", err)
	}
}

func TestStoppedStudyGoesOn(t *testing.T) {
	dir := t.TempDir()
	runs := grid(t, 30, 5, "")
	s, err := Open(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = s.Run(ctx, runs, Options{Runner: pretend, Workers: 2, Progress: func(p Progress) {
		if p.Done >= 5 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped study returned %v", err)
	}
	p, err := s.Status()
	if err != nil || p.Done < 5 || p.Done+p.Failed >= 30 {
		t.Fatalf("status %+v, %v", p, err)
	}
	s.Close()
	runHere(t, dir, nil, Options{})
	whole := t.TempDir()
	runHere(t, whole, runs, Options{})
	if table(t, dir) != table(t, whole) {
		t.Error("the stopped study has another table")
	}
}

func TestRetry(t *testing.T) {
	dir := t.TempDir()
	runHere(t, dir, grid(t, 30, 0, ""), Options{})
	s, err := Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n, err := s.Ledger.Retry()
	if err != nil || n != 3 {
		t.Fatalf("%d runs to retry, %v; want seed 7 at three depths", n, err)
	}
	calls := 0
	err = s.Run(context.Background(), nil, Options{Workers: 1, Runner: func(context.Context, Settings) (Outcome, error) {
		calls++
		return Outcome{Status: "second time"}, nil
	}})
	if p, _ := s.Status(); err != nil || calls != 3 || p.Failed != 0 || p.Done != 30 {
		t.Errorf("%d calls, %+v, %v", calls, p, err)
	}
}

func TestNoStudyThere(t *testing.T) {
	if _, err := Open(t.TempDir(), false); err == nil || !strings.Contains(err.Error(), "study run") {
		t.Errorf("error %v does not say what to do", err)
	}
}

func TestBrokenTrajectoryIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(path, []byte("no parquet"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadTrajectory(path); err == nil {
		t.Error("a file that is no trajectory was read")
	}
}

func TestNumbersSurviveJSON(t *testing.T) {
	for _, x := range []float64{0, 1e-300, 0.1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64} {
		data, err := Number(x).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var back Number
		if err := back.UnmarshalJSON(data); err != nil {
			t.Fatal(err)
		}
		if float64(back) != x && !(math.IsNaN(x) && math.IsNaN(float64(back))) {
			t.Errorf("%v came back as %v", x, back)
		}
	}
	if text := fmt.Sprint(Number(0.1)); text != "0.1" {
		t.Errorf("%q", text)
	}
}
