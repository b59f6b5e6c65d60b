package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"lacuna/experiment"
	"lacuna/internal/rng"
)

// TestMain lets the test binary stand in for the program: as the process that runs a study, to be killed, and as a
// task of a Slurm array.
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case os.Getenv("LACUNA_STUDY_CHILD") != "":
		err = runChild(ctx, os.Getenv("LACUNA_STUDY_CHILD"))
	case len(os.Args) > 4 && os.Args[1] == "task":
		round, _ := strconv.Atoi(os.Args[3])
		task, _ := strconv.Atoi(os.Args[4])
		err = RunTask(ctx, os.Args[2], round, task, pretend, "test")
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runChild(ctx context.Context, dir string) error {
	s, err := Open(dir, false)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Run(ctx, nil, Options{Runner: pretend, Workers: 2, Version: "test"})
}

// pretend is a Runner whose outcome follows from the settings. It takes the milliseconds that flow_time says, notes in
// the file that data names that it began, and fails for every seventh seed.
func pretend(ctx context.Context, s Settings) (Outcome, error) {
	if s.Data != "synthetic" {
		log, err := os.OpenFile(s.Data, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return Outcome{}, err
		}
		fmt.Fprintln(log, s.ID())
		log.Close()
	}
	select {
	case <-time.After(time.Duration(float64(s.FlowTime) * 1e6)):
	case <-ctx.Done():
		return Outcome{}, ctx.Err()
	}
	if s.Seed%7 == 0 {
		return Outcome{}, fmt.Errorf("seed %d is a bad one", s.Seed)
	}
	if s.Seed%50 == 49 {
		panic("seed 49")
	}
	stream := rng.New(s.Seed, "pretend "+s.Depth.String())
	o := Outcome{
		Status: "converged", TrainMSE: Number(stream.Float64()), TestMSE: Number(stream.ExpFloat64()),
		HeldBackMSE: Number(math.NaN()), LargestNorm: Number(math.Inf(1)), Rank: stream.IntN(9),
		Emergences: []Number{1.5, 1e20},
	}
	o.Trajectory = &experiment.Trajectory{Blocks: []int{3, 5}}
	for k := range 40 {
		o.Trajectory.Records = append(o.Trajectory.Records, experiment.Record{
			Time: float64(k), TrainMSE: stream.Float64(), HeldOut: math.NaN(), Deep: []float64{float64(k), stream.Float64()},
		})
	}
	return o, nil
}

// grid is a study of n runs that take so many milliseconds each, a thousandth at least; log, if not empty, notes their beginnings.
func grid(t testing.TB, n int, milliseconds float64, log string) []Settings {
	t.Helper()
	text := fmt.Sprintf("depth = [0, 1, [1, 2, 3, 0]]\nseed = \"1..%d\"\n"+
		"flow_time = %v\ntrajectory = \"all\"\n", n/3, max(milliseconds, 1e-3))
	if log != "" {
		text += fmt.Sprintf("data = %q\n", log)
	}
	runs, err := Parse(filepath.Join(t.TempDir(), "spec.toml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != n/3*3 {
		t.Fatalf("%d runs, want %d", len(runs), n)
	}
	return runs
}

func table(t testing.TB, dir string) string {
	t.Helper()
	s, err := Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	runs, err := s.Ledger.Runs()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "table.csv")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(WriteCSV(file, runs), file.Close()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func create(t testing.TB, dir string, runs []Settings) {
	t.Helper()
	s, err := Open(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ledger.Add(runs); err != nil {
		t.Fatal(err)
	}
}

func runHere(t testing.TB, dir string, runs []Settings, o Options) {
	t.Helper()
	s, err := Open(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if o.Runner == nil {
		o.Runner = pretend
	}
	if err := s.Run(context.Background(), runs, o); err != nil {
		t.Fatal(err)
	}
}
