package study

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"lacuna/internal/jobarray"
	"lacuna/internal/slurmtest"
)

func testSlurm(t *testing.T, tasks int) *Slurm {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &Slurm{Command: []string{program, "task"}, Tasks: tasks, Poll: 300 * time.Millisecond}
}

// TestSlurm runs 60 runs over an array of five tasks, cancels and requeues one of them while it works, and lets the
// submitting process go and come back.
func TestSlurm(t *testing.T) {
	slurmtest.Need(t)
	slurmtest.Start(t)
	dir, local := filepath.Join(t.TempDir(), "a study's folder"), t.TempDir()
	runs := grid(t, 60, 700, "")
	runHere(t, local, runs, Options{Workers: 60})
	o := Options{Slurm: testSlurm(t, 5), Version: "test"}

	s, err := Open(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	first := o
	first.Progress = func(p Progress) {
		if p.Done >= 8 {
			cancel()
		}
	}
	if err := s.Run(ctx, runs, first); !errors.Is(err, context.Canceled) {
		t.Fatalf("the first process: %v", err)
	}
	s.Close()

	job, err := os.ReadFile(filepath.Join(dir, "slurm", "0001", "submitted"))
	if err != nil {
		t.Fatal(err)
	}
	task := strings.TrimSpace(string(job)) + "_2"
	if out, err := exec.Command("scontrol", "requeue", task).CombinedOutput(); err != nil {
		t.Fatalf("scontrol requeue %s: %v: %s", task, err, out)
	}
	if out, err := exec.Command("scancel", strings.TrimSpace(string(job))+"_3").CombinedOutput(); err != nil {
		t.Fatalf("scancel: %v: %s", err, out)
	}
	// A requeued job may not start again for two minutes unless it is told to.
	slurmtest.Eventually(t, "the requeued task waits", func() bool {
		out, _ := exec.Command("squeue", "-h", "-r", "-j", task, "-o", "%T").Output()
		return strings.Contains(string(out), "PENDING") || len(out) == 0
	})
	exec.Command("scontrol", "update", "JobId="+task, "StartTime=now").Run()

	runHere(t, dir, nil, o)
	if a, b := table(t, local), table(t, dir); a != b {
		t.Errorf("Slurm gives another table than this machine\n%s", firstDifference(a, b))
	}
	if _, err := os.Stat(filepath.Join(dir, "slurm", "0002")); err != nil {
		t.Error("the cancelled task was not submitted again")
	}
	for _, run := range runs {
		a, _ := os.ReadFile(trajectoryPath(local, run.ID()))
		b, _ := os.ReadFile(trajectoryPath(dir, run.ID()))
		if !bytes.Equal(a, b) {
			t.Fatalf("the trajectory of run %s differs", run.ID())
		}
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i] + "\n" + y[i]
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

func TestArrayScript(t *testing.T) {
	slurmtest.Fake(t, slurmtest.EveryTask, "true")
	dir, local := filepath.Join(t.TempDir(), "it's here"), t.TempDir()
	runs := grid(t, 60, 0, "")
	runHere(t, local, runs, Options{})
	runHere(t, dir, runs, Options{Slurm: testSlurm(t, 7), Version: "test"})
	if a, b := table(t, local), table(t, dir); a != b {
		t.Errorf("the array gives another table\n%s", firstDifference(a, b))
	}
}

func TestArrayThatNeverWorks(t *testing.T) {
	slurmtest.Fake(t, "echo killed >task-0.log; echo 17", "true")
	s, err := Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Run(context.Background(), grid(t, 6, 0, ""), Options{Slurm: testSlurm(t, 2)})
	if err == nil || !strings.Contains(err.Error(), "OUT_OF_MEMORY") ||
		!strings.Contains(err.Error(), "ends with: killed") {
		t.Errorf("error %v does not say what Slurm says", err)
	}
}

func TestSbatchRefuses(t *testing.T) {
	slurmtest.Fake(t, "echo 'invalid partition specified: nowhere' >&2; exit 1", "true")
	s, err := Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Run(context.Background(), grid(t, 6, 0, ""), Options{Slurm: testSlurm(t, 2)})
	if err == nil || !strings.Contains(err.Error(), "invalid partition") {
		t.Errorf("error %v does not say why", err)
	}
}

// A run that takes its task down every time becomes a failed row, and the others end.
func TestRunThatKillsItsTask(t *testing.T) {
	dir := t.TempDir()
	runs := grid(t, 6, 0, "")
	create(t, dir, runs)
	s, err := Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pending, err := s.Ledger.Runs(Pending)
	if err != nil {
		t.Fatal(err)
	}
	slurmtest.Fake(t, "exit 1", "true")
	round := filepath.Join(dir, "slurm", "0001")
	if err := os.MkdirAll(filepath.Join(round, "results"), 0o777); err != nil {
		t.Fatal(err)
	}
	array, err := json.Marshal(map[string]any{"name": "x", "tasks": [][]Run{pending}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"array.json": array, "submitted": []byte("17\n")} {
		if err := os.WriteFile(filepath.Join(round, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	deadly := pending[2].ID
	deaths := 0
	for range jobarray.MostAttempts + 1 {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			err := RunTask(context.Background(), dir, 1, 0, func(ctx context.Context, s Settings) (Outcome, error) {
				if s.ID() == deadly {
					deaths++
					runtime.Goexit()
				}
				return pretend(ctx, s)
			}, "test")
			if err != nil {
				t.Error(err)
			}
		}()
		<-ended
	}
	if deaths != jobarray.MostAttempts {
		t.Errorf("the deadly run was tried %d times, want %d", deaths, jobarray.MostAttempts)
	}
	if err := s.Run(context.Background(), nil, Options{Slurm: testSlurm(t, 1)}); err != nil { // collects
		t.Fatal(err)
	}
	all, err := s.Ledger.Runs()
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range all {
		if (run.ID == deadly) != (run.State == Failed && strings.Contains(run.Reason, "memory")) || run.State == Pending {
			t.Errorf("run %s: %s %s", run.ID, run.State, run.Reason)
		}
	}
}
