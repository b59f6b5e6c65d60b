//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lacuna/internal/rng"
	"lacuna/internal/slurmtest"
)

// TestKilledCensoredCompletionGoesOn kills, as kill -9 does, a completion of a table with limits of detection and the task that
// samples for it, at the first chain and again later; then the same command ends with the bytes of a run that nothing disturbed.
func TestKilledCensoredCompletionGoesOn(t *testing.T) {
	long(t)
	dir := t.TempDir()
	program := copyOfThis(t, dir)
	stream := rng.New(3, "kill")
	var table strings.Builder
	table.WriteString("month,site,metal,value\n")
	for i := range 400 {
		if y := 1 + 0.8*stream.NormFloat64(); stream.Float64() < 0.8 {
			value := fmt.Sprintf("%.3f", max(y, 0.01))
			if y < 0.5 {
				value = "<0.5"
			}
			fmt.Fprintf(&table, "%d,s%d,m%d,%s\n", i/40, i/4%10, i%4, value)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "t.csv"), []byte(table.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	command := func(out string, further ...string) *exec.Cmd {
		args := []string{"complete", "t.csv", "--censored", "--full-grid", "--interval", "90", "--effort", "0.03", "-o", out}
		c := exec.Command(program, append(args, further...)...)
		c.Dir, c.Stderr = dir, &bytes.Buffer{}
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		return c
	}
	done := func(c *exec.Cmd) {
		t.Helper()
		if err := c.Run(); err != nil {
			t.Fatalf("%v: %v: %s", c.Args[1:], err, c.Stderr)
		}
	}
	done(command("local.csv"))
	engine := []string{"--engine", "slurm", "--tasks", "2", "--engine-dir", "engine"}

	for k, until := range []string{"0001", "0002"} { // the array in which all are killed
		// Tasks of that array are still at work, or wait to begin, when a first chain of it is there.
		slurmtest.Fake(t, fmt.Sprintf(`here=$(basename "$PWD")
if [ "$here" = %[1]s ] && ! [ -e ../../killed%[1]s ]; then
	SLURM_ARRAY_TASK_ID=0 sh array.sh >log 2>&1
	echo $$ >../../killed%[1]s
	SLURM_ARRAY_TASK_ID=1 sh array.sh >log 2>&1 & sleep 60
fi
`, until)+slurmtest.EveryTask, "true")
		submitter := command("killed.csv", engine...)
		if err := submitter.Start(); err != nil {
			t.Fatal(err)
		}
		sbatch := 0
		slurmtest.Eventually(t, "a task has sampled", func() bool {
			text, _ := os.ReadFile(filepath.Join(dir, "engine", "killed"+until))
			fmt.Sscan(string(text), &sbatch)
			return sbatch > 0
		})
		tasks, err := syscall.Getpgid(sbatch)
		if err != nil || tasks == syscall.Getpgrp() {
			t.Fatalf("tasks are in the group %d of processes: %v", tasks, err)
		}
		for _, group := range []int{submitter.Process.Pid, tasks} {
			if err := syscall.Kill(-group, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
				t.Fatal(err)
			}
		}
		submitter.Wait()
		if _, err := os.Stat(filepath.Join(dir, "killed.csv")); err == nil {
			t.Fatalf("kill %d came too late", k+1)
		}
		if found, _ := filepath.Glob(filepath.Join(dir, "engine", "chains", "*.chain")); len(found) == 0 {
			t.Fatalf("no chain is kept")
		}
	}
	slurmtest.Fake(t, slurmtest.EveryTask, "true")
	done(command("killed.csv", engine...))
	want, err := os.ReadFile(filepath.Join(dir, "local.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "killed.csv")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the table whose completion was killed twice differs (%v)", err)
	}
}
