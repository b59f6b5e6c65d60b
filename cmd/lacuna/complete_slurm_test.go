package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"lacuna/internal/slurmtest"
)

// TestCompleteOnSlurm fills a table on a cluster of one node, and kills one task, requeues another and kills the
// submitting process on the way; then it interrupts another completion.
func TestCompleteOnSlurm(t *testing.T) {
	slurmtest.Need(t)
	slurmtest.Start(t)
	dir := t.TempDir()
	program := copyOfThis(t, dir)
	lacuna := func(args ...string) *exec.Cmd {
		command := exec.Command(program, args...)
		command.Dir = dir
		command.Stderr = &bytes.Buffer{}
		return command
	}
	done := func(command *exec.Cmd) {
		t.Helper()
		if err := command.Run(); err != nil {
			t.Fatalf("%v: %v: %s", command.Args[1:], err, command.Stderr)
		}
	}
	done(lacuna("data", "synthetic", "--shape", "20x15x10", "--rank", "2", "--noise", "0.3", "--observed", "0.4", "-o", "t.csv"))
	fill := []string{"complete", "t.csv", "--noise", "student", "--effort", "0.2", "-o"}
	done(lacuna(append(fill, "local.csv")...))
	fill = append(fill, "slurm.csv", "--engine", "slurm", "--tasks", "4", "--engine-dir", "engine")

	submitter := lacuna(fill...)
	if err := submitter.Start(); err != nil {
		t.Fatal(err)
	}
	slurmtest.Eventually(t, "chains are sampled", func() bool {
		chains, _ := filepath.Glob(filepath.Join(dir, "engine", "chains", "*.chain"))
		return len(chains) > 0 && taskProcess("1", "2") > 0
	})
	killed, err := os.FindProcess(taskProcess("1", "2"))
	if err == nil {
		err = killed.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := submitter.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	submitter.Wait()
	job, err := os.ReadFile(filepath.Join(dir, "engine", "slurm", "0001", "submitted"))
	if err != nil {
		t.Fatal(err)
	}
	task := strings.TrimSpace(string(job)) + "_1"
	if out, err := exec.Command("scontrol", "requeue", task).CombinedOutput(); err != nil {
		t.Fatalf("scontrol requeue %s: %v: %s", task, err, out)
	}
	// A requeued job may not start again for two minutes unless it is told to.
	slurmtest.Eventually(t, "the requeued task waits", func() bool {
		out, _ := exec.Command("squeue", "-h", "-r", "-j", task, "-o", "%T").Output()
		return strings.Contains(string(out), "PENDING") || len(out) == 0
	})
	exec.Command("scontrol", "update", "JobId="+task, "StartTime=now").Run()

	done(lacuna(fill...))
	want, err := os.ReadFile(filepath.Join(dir, "local.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "slurm.csv")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the table that Slurm filled differs from the local one (%v)", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "engine", "slurm", "0003")); err != nil {
		t.Error("what the killed task had left was not submitted again")
	}

	interrupted := lacuna(append(fill, "--seed", "2")...)
	if err := interrupted.Start(); err != nil {
		t.Fatal(err)
	}
	slurmtest.Eventually(t, "another array runs", func() bool {
		out, _ := exec.Command("squeue", "-h", "-o", "%j %T").Output()
		return strings.Contains(string(out), "RUNNING")
	})
	if err := interrupted.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	failure := new(exec.ExitError)
	if err := interrupted.Wait(); !errors.As(err, &failure) || failure.ExitCode() != exitInterrupted {
		t.Errorf("after an interrupt: %v", err)
	}
	if words := interrupted.Stderr.(*bytes.Buffer).String(); !strings.Contains(words, "the same command goes on") {
		t.Errorf("it says %s", words)
	}
	slurmtest.Eventually(t, "the array has left the queue", func() bool {
		out, err := exec.Command("squeue", "-h").Output()
		return err == nil && len(bytes.TrimSpace(out)) == 0
	})
}

// copyOfThis copies the test binary to a name under which it is the command.
func copyOfThis(t *testing.T, dir string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(dir, "lacuna")
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// taskProcess is the process of a task of an array, 0 if there is none.
func taskProcess(array, task string) int {
	processes, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range processes {
		text, _ := os.ReadFile(path)
		words := strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
		if n := len(words); n >= 5 && words[1] == "complete-task" && words[n-2] == array && words[n-1] == task {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			return pid
		}
	}
	return 0
}
