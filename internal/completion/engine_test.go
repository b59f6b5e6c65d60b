package completion

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lacuna/internal/jobarray"
	"lacuna/internal/posterior"
	"lacuna/internal/slurmtest"
	"lacuna/tensor"
)

const testVersion = "test"

// TestMain lets the test binary stand in for a task of an array.
func TestMain(m *testing.M) {
	if len(os.Args) != 5 || os.Args[1] != "chain-task" {
		os.Exit(m.Run())
	}
	array, _ := strconv.Atoi(os.Args[3])
	task, _ := strconv.Atoi(os.Args[4])
	if err := RunTask(context.Background(), os.Args[2], array, task, runtime.GOMAXPROCS(0), testVersion); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func testSlurm(t *testing.T) *Slurm {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &Slurm{
		Dir: filepath.Join(t.TempDir(), "chains of a table"), Command: []string{program, "chain-task"}, Tasks: 2,
		Poll: 20 * time.Millisecond, Version: testVersion,
	}
}

// give puts a job's chains into the hands of arrays; an error fails the test.
func (j *job) give(t *testing.T) {
	t.Helper()
	j.Slurm = testSlurm(t)
	var err error
	if j.engine, err = j.newEngine(func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
}

// asFamily brings values to where a family takes them.
var asFamily = map[string]func(float64) float64{
	"bernoulli": func(v float64) float64 { return math.Max(0, math.Copysign(1, v)) },
	"binomial":  func(v float64) float64 { return math.Round(math.Min(math.Max(0, v+3), 6)) },
	"counts":    func(v float64) float64 { return math.Round(2 * math.Exp(v/2)) },
	"lognormal": math.Exp,
	"ordinal":   func(v float64) float64 { return math.Round(math.Min(math.Max(-2, v), 2)) },
}

// TestDealtNonnegativeChainsHaveTheSameBits compares chains whose factors have no negative entry.
func TestDealtNonnegativeChainsHaveTheSameBits(t *testing.T) {
	slurmtest.Fake(t, slurmtest.EveryTask, "true")
	m := newMixtures(2, 0.1, 0.9, 1)
	j := newJob(t, m.observed, "auto", 1)
	j.Nonnegative = true
	candidates := j.forms(2, m.observed.Shape())
	weights := slices.Repeat([]float64{1 / float64(len(candidates))}, len(candidates))
	here := j.fit(context.Background(), m.observed, candidates, weights, 2, 12, "test")
	j.Threads = 1
	alone := j.fit(context.Background(), m.observed, candidates, weights, 2, 12, "test")
	j.give(t)
	there := j.fitDealt(context.Background(), m.observed, candidates, weights, 2, 12, "test")
	want := here.all(m.observed.Index, 1)
	if !slices.Equal(want, there.all(m.observed.Index, 1)) {
		t.Error("Slurm predicts otherwise")
	}
	if !slices.Equal(want, alone.all(m.observed.Index, 1)) {
		t.Error("one thread predicts otherwise")
	}
	for _, member := range there.members {
		for _, sample := range member.posterior.Samples {
			for _, factor := range sample.Factors {
				if least := slices.Min(factor); !(least >= 0) {
					t.Fatalf("a factor holds %v", least)
				}
			}
		}
	}
}

// TestDealtChainsHaveTheSameBits compares chains of every form of every family, with courses and with starts.
func TestDealtChainsHaveTheSameBits(t *testing.T) {
	slurmtest.Fake(t, slurmtest.EveryTask, "true")
	for _, name := range posterior.Families() {
		o, cp := noisy(tensor.Shape{6, 5, 4}, 2, 0.3, 0.6)
		if domain := asFamily[name]; domain != nil {
			for c, v := range o.Values {
				o.Values[c] = domain(v)
			}
		}
		o.Modes[1].Coordinates, o.Modes[1].Periods = []float64{0, 0.1, 2, 3, 1e9 / 3}, []float64{2.5}
		j := newJob(t, o, name, 1)
		candidates := j.forms(2, o.Shape())
		c := &candidates[0]
		c.courses = []course{independent, roughPeriodic, smooth}
		c.settings.Priors = j.priors(c.courses)
		if expectsValues(c.settings.Noise) {
			c.settings.Start = cp
		}
		if len(candidates) > 1 && candidates[1].scaling.kind != raw {
			candidates[1].scaling = scaling{kind: byLabel, mode: 2}
		}
		weights := slices.Repeat([]float64{1 / float64(len(candidates))}, len(candidates))
		here := j.fit(context.Background(), o, candidates, weights, 2, 12, "test")
		j.give(t)
		there := j.fitDealt(context.Background(), o, candidates, weights, 2, 12, "test")
		if here.samples() == 0 || here.samples() != there.samples() {
			t.Errorf("%s: %d samples, of Slurm %d", name, here.samples(), there.samples())
		}
		if a, b := here.all(o.Index, 1), there.all(o.Index, 1); !slices.Equal(a, b) {
			t.Errorf("%s: Slurm predicts otherwise: %v, want %v", name, b[0], a[0])
		}
	}
}

// TestDealtGrowthHasTheSameBits compares further chains of a growth, and those of its last fit.
func TestDealtGrowthHasTheSameBits(t *testing.T) {
	slurmtest.Fake(t, slurmtest.EveryTask, "true")
	o, _ := noisy(tensor.Shape{12, 10, 8}, 2, 0.3, 0.6)
	var values [2][]prediction
	for k := range values {
		j := newJob(t, o, "gaussian", 1)
		if k == 1 {
			j.give(t)
		}
		f := twoFolds(j.shape, 0.1, 1)
		kept, held := f.hide(0, f.parts-1)
		sel := selection{candidates: j.forms(3, o.Shape())}
		g := &growth{
			job: j, name: "grow", cells: kept, count: kept.Len(), check: held[1], sorted: posterior.Sort(kept), scored: j.scoring(kept),
			worth: 2, base: *newEnsemble(kept), // whatever comes of it, there are more chains
		}
		first := g.begin(sel.candidates[0], nil, 0)
		g.extend(context.Background(), first, 20)
		g.chains, g.error = []*strand{first}, g.score(first)
		g.multiply(context.Background(), sel)
		if len(g.chains) != mostChains {
			t.Fatalf("%d chains, want %d", len(g.chains), mostChains)
		}
		values[k] = g.ensemble(g.chains...).all(held[0].Index, 1)
		values[k] = append(values[k], g.final(context.Background(), o).all(held[0].Index, 1)...)
	}
	if !slices.Equal(values[0], values[1]) {
		t.Error("Slurm gives other values")
	}
}

func smallSettings(t *testing.T) Settings {
	family, err := posterior.FamilyNamed("student") // no search for an exact model
	if err != nil {
		t.Fatal(err)
	}
	return Settings{Seed: 1, Threads: 2, Noise: family, Effort: 0.01, HoldOut: 0.1, Level: 0.9, Blocks: 3}
}

// TestEndedCompletionGoesOn ends a completion while its array waits, and another one before it is submitted; a third,
// which finds a damaged chain, comes to the same as one without Slurm. So does one of a table with censored cells.
func TestEndedCompletionGoesOn(t *testing.T) {
	o, _ := noisy(tensor.Shape{9, 8, 7}, 2, 0.3, 0.6)
	t.Run("exact", func(t *testing.T) { endAndGoOn(t, o, smallSettings(t)) })
	k := newConcentrations(t, tensor.Shape{9, 8, 4})
	s := smallSettings(t)
	s.Censored = k.censored
	t.Run("censored", func(t *testing.T) { endAndGoOn(t, k.observed, s) })
}

func endAndGoOn(t *testing.T, o *tensor.Observed, s Settings) {
	want, err := Run(context.Background(), o, s)
	if err != nil {
		t.Fatal(err)
	}
	s.Slurm = testSlurm(t)

	folder := slurmtest.Fake(t, "echo 17", "echo 17") // its jobs wait for ever
	ctx, cancel := context.WithCancel(context.Background())
	s.Progress = func(p Progress) {
		if strings.Contains(p.Stage, "Slurm has done 0 of") {
			time.AfterFunc(100*time.Millisecond, cancel)
		}
	}
	c, err := Run(ctx, o, s)
	if err != nil || c.Status != Interrupted {
		t.Fatalf("status %v, error %v", c.Status, err)
	}
	cancelled, err := os.ReadFile(filepath.Join(folder, "cancelled"))
	if err != nil || strings.Count(string(cancelled), "--name=lacuna-") != 1 {
		t.Errorf("scancel was asked for %q, %v", cancelled, err)
	}

	// The first task of an array does its work, the second never begins, and the process dies over the next array.
	slurmtest.Fake(t, `test -e ../0003 && exit 1; SLURM_ARRAY_TASK_ID=0 sh array.sh >log 2>&1; echo 18`, "true")
	s.Progress = nil
	if _, err := Run(context.Background(), o, s); err == nil || !strings.Contains(err.Error(), "sbatch") {
		t.Fatalf("error %v does not say that sbatch refuses", err)
	}
	chains, err := filepath.Glob(filepath.Join(s.Slurm.Dir, "chains", "*.chain"))
	if err != nil || len(chains) == 0 {
		t.Fatalf("%d chains are there, %v", len(chains), err)
	}
	damaged, err := os.ReadFile(chains[0])
	if err != nil {
		t.Fatal(err)
	}
	damaged[len(damaged)/2] ^= 1
	if err := os.WriteFile(chains[0], damaged, 0o644); err != nil {
		t.Fatal(err)
	}

	slurmtest.Fake(t, slurmtest.EveryTask, "true")
	before, err := os.Stat(chains[len(chains)-1])
	if err != nil {
		t.Fatal(err)
	}
	got, err := Run(context.Background(), o, s)
	if err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(chains[len(chains)-1]); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a chain that was there has been sampled again: %v", err)
	}
	for c := range want.Observed.Values {
		cell := want.Observed.Cell(c)
		v, e := want.At(cell)
		if w, f := got.At(cell); v != w || e != f {
			t.Fatalf("cell %v: %v ± %v, without Slurm %v ± %v", cell, w, f, v, e)
		}
	}
	if !slices.EqualFunc(want.HeldOut, got.HeldOut, func(a, b HeldOutCell) bool { return a.Predicted == b.Predicted }) {
		t.Error("held-out cells are predicted otherwise")
	}
	if err := s.Slurm.Remove(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(s.Slurm.Dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestTaskRefuses asks a task for chains that it cannot or must not sample.
func TestTaskRefuses(t *testing.T) {
	o, _ := noisy(tensor.Shape{5, 4, 3}, 1, 0.3, 0.9)
	j := newJob(t, o, "gaussian", 1)
	j.give(t)
	f := j.newFitting(context.Background(), o, j.forms(2, o.Shape())[:1], []float64{1}, 1, 4, "test")
	all, err := j.engine.deal(f)
	if err != nil {
		t.Fatal(err)
	}
	task := chainTask{dir: j.Slurm.Dir, threads: 1, version: testVersion}
	work := all[0].chainWork

	content, err := task.do(context.Background(), work, jobarray.MostAttempts+1)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.chain")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := readChain(path); err != nil || !strings.Contains(out.Failure, "memory") {
		t.Errorf("after %d deaths: %q, %v", jobarray.MostAttempts, out.Failure, err)
	}

	other := chainTask{dir: j.Slurm.Dir, threads: 1, version: "another"}
	if _, err := other.do(context.Background(), work, 1); err == nil || !strings.Contains(err.Error(), "version test") {
		t.Errorf("another version: error %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := task.do(ended, work, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a task that is told to end: error %v", err)
	}
	cells := filepath.Join(j.Slurm.Dir, "cells", work.Cells)
	whole, err := os.ReadFile(cells)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range [][]byte{whole[:len(whole)-1], append(bytes.Clone(whole), 0), nil} {
		if err := os.WriteFile(cells, content, 0o644); err != nil {
			t.Fatal(err)
		}
		fresh := chainTask{dir: j.Slurm.Dir, threads: 1, version: testVersion}
		if _, err := fresh.do(context.Background(), work, 1); err == nil || !strings.Contains(err.Error(), work.Cells) {
			t.Errorf("%d of %d bytes of the cells: error %v", len(content), len(whole), err)
		}
	}
}

// TestArraysThatNeverWork end the completion; they may be tried again.
func TestArraysThatNeverWork(t *testing.T) {
	slurmtest.Fake(t, slurmtest.EveryTask, "true")
	o, _ := noisy(tensor.Shape{6, 5, 4}, 1, 0.3, 0.9)
	s := smallSettings(t)
	s.Slurm = testSlurm(t)
	program := s.Slurm.Command
	s.Slurm.Command = []string{"sh", "-c", "kill -9 $$"}
	if _, err := Run(context.Background(), o, s); err == nil || !strings.Contains(err.Error(), "without a result") {
		t.Errorf("error %v", err)
	}
	s.Slurm.Command = program
	if _, err := Run(context.Background(), o, s); err != nil {
		t.Errorf("the next try: %v", err)
	}
}
