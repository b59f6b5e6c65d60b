package study

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKilledStudyIsTheSame kills the process that runs a study with SIGKILL again and again, each time at a random
// moment, and lets a new one go on.
func TestKilledStudyIsTheSame(t *testing.T) {
	kills, runs, milliseconds := 10, 60, 25.0
	if os.Getenv("LACUNA_LONG") != "" {
		kills, runs, milliseconds = 200, 300, 60
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	settings := grid(t, runs, milliseconds, log)
	calm, disturbed := filepath.Join(t.TempDir(), "calm"), filepath.Join(t.TempDir(), "disturbed")
	create(t, disturbed, settings)

	random := rand.New(rand.NewPCG(1, 2))
	finished := map[string]bool{}
	interrupted, moments := 0, 100*time.Millisecond
	for interrupted < kills {
		if err := os.Truncate(log, 0); err != nil {
			t.Fatal(err)
		}
		child := exec.Command(program)
		child.Env = append(os.Environ(), "LACUNA_STUDY_CHILD="+disturbed)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.Float64() * float64(moments)))
		if err := child.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		child.Wait()
		begun, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range strings.Fields(string(begun)) {
			if finished[id] {
				t.Fatalf("run %s was finished and began again", id)
			}
		}
		s, err := Open(disturbed, false)
		if err != nil {
			t.Fatalf("after %d kills: %v", interrupted, err)
		}
		all, err := s.Ledger.Runs()
		if err != nil {
			t.Fatalf("after %d kills: %v", interrupted, err)
		}
		s.Close()
		done := map[string]bool{}
		for _, run := range all {
			if run.State != Pending {
				done[run.ID] = true
			}
		}
		for id := range finished {
			if !done[id] {
				t.Fatalf("run %s was finished and is lost", id)
			}
		}
		finished = done
		if len(all) != len(settings) {
			t.Fatalf("%d runs in the ledger, want %d", len(all), len(settings))
		}
		if len(done) == len(all) {
			break
		}
		interrupted++
		// Two workers finish about one run a run's time on average before the kill; what is left must last.
		moments = time.Duration(float64(len(all)-len(done)) / float64(kills-interrupted+1) * milliseconds * 1e6)
	}
	if interrupted < kills {
		t.Fatalf("the study ended after %d of %d kills: make its runs longer", interrupted, kills)
	}
	runHere(t, disturbed, nil, Options{Workers: 2})
	runHere(t, calm, settings, Options{Workers: 2})

	if a, b := table(t, calm), table(t, disturbed); a != b {
		t.Error("the disturbed study has another table")
	}
	for _, run := range settings {
		a, errA := os.ReadFile(trajectoryPath(calm, run.ID()))
		b, errB := os.ReadFile(trajectoryPath(disturbed, run.ID()))
		if string(a) != string(b) || (errA == nil) != (errB == nil) {
			t.Fatalf("the trajectory of run %s differs", run.ID())
		}
	}
	leftovers, _ := filepath.Glob(filepath.Join(disturbed, "trajectories", ".*"))
	if len(leftovers) > 0 {
		t.Errorf("left behind: %v", leftovers)
	}
	t.Logf("%d kills during %d runs", interrupted, len(settings))
}
