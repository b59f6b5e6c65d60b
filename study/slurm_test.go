package study

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// needSlurm skips unless LACUNA_SLURM is set. The programs are Debian's munge and slurm-wlm; where they are missing
// and this process may install packages, it does.
func needSlurm(t *testing.T) {
	if os.Getenv("LACUNA_SLURM") == "" {
		t.Skip("starts a Slurm cluster of one node: set LACUNA_SLURM=1 to allow it")
	}
	programs := []string{"munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol"}
	missing := func() bool {
		return slices.ContainsFunc(programs, func(p string) bool { _, err := exec.LookPath(p); return err != nil })
	}
	if !missing() {
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("Slurm is not installed, and only root may install it: apt-get install slurm-wlm munge")
	}
	for _, args := range [][]string{{"update"}, {"install", "-y", "--no-install-recommends", "slurm-wlm", "munge"}} {
		command := exec.Command("apt-get", args...)
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := command.CombinedOutput(); err != nil {
			t.Skipf("Slurm cannot be installed here: apt-get %s: %v: %s", args[0], err, bytes.TrimSpace(out))
		}
	}
	if missing() {
		t.Skip("the packages slurm-wlm and munge do not bring the programs of Slurm")
	}
}

// startSlurm starts a cluster of one node with its own key, ports and folders, and points SLURM_CONF to it.
func startSlurm(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "slurm") // the name of munge's socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	for _, sub := range []string{"state", "spool", "munge"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	key := filepath.Join(dir, "munge", "key")
	if err := os.WriteFile(key, bytes.Repeat([]byte("lacuna test key "), 8), 0o600); err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`ClusterName=lacuna
SlurmctldHost=%[1]s(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=%[2]s/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
SlurmctldPort=%[3]d
SlurmdPort=%[4]d
StateSaveLocation=%[2]s/state
SlurmdSpoolDir=%[2]s/spool
SlurmctldPidFile=%[2]s/slurmctld.pid
SlurmdPidFile=%[2]s/slurmd.pid
SlurmctldLogFile=%[2]s/slurmctld.log
SlurmdLogFile=%[2]s/slurmd.log
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,bf_interval=2
KillWait=2
NodeName=%[1]s NodeAddr=127.0.0.1 CPUs=4 RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`, host, dir, freePort(t), freePort(t))
	path := filepath.Join(dir, "slurm.conf")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SLURM_CONF", path)
	daemon(t, dir, "munged", "--foreground", "--force", "--key-file="+key, "--socket="+dir+"/munge/socket",
		"--pid-file="+dir+"/munge/pid", "--log-file="+dir+"/munge/log", "--seed-file="+dir+"/munge/seed")
	eventually(t, "munged opens its socket", func() bool { _, err := os.Stat(dir + "/munge/socket"); return err == nil })
	daemon(t, dir, "slurmctld", "-D", "-f", path)
	daemon(t, dir, "slurmd", "-D", "-f", path, "-N", host)
	eventually(t, "the node is idle", func() bool {
		out, err := exec.Command("sinfo", "-h", "-o", "%t").Output()
		return err == nil && strings.TrimSpace(string(out)) == "idle"
	})
}

func freePort(t *testing.T) int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// daemon starts a program of the cluster and ends it with the test.
func daemon(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	out, err := os.Create(filepath.Join(dir, name+".out"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(name, args...)
	command.Stdout, command.Stderr = out, out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(os.Interrupt)
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			command.Process.Kill()
		}
		out.Close()
		if t.Failed() {
			text, _ := os.ReadFile(out.Name())
			t.Logf("%s: %s", name, text)
		}
	})
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 600 {
		if is() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("a minute passed, and not yet: %s", what)
}

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
	needSlurm(t)
	startSlurm(t)
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

	job, err := os.ReadFile(filepath.Join(roundDir(dir, 1), "submitted"))
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
	eventually(t, "the requeued task waits", func() bool {
		out, _ := exec.Command("squeue", "-h", "-r", "-j", task, "-o", "%T").Output()
		return strings.Contains(string(out), "PENDING") || len(out) == 0
	})
	exec.Command("scontrol", "update", "JobId="+task, "StartTime=now").Run()

	runHere(t, dir, nil, o)
	if a, b := table(t, local), table(t, dir); a != b {
		t.Errorf("Slurm gives another table than this machine\n%s", firstDifference(a, b))
	}
	if lastRound(dir) < 2 {
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

// fakeSlurm puts programs named sbatch and squeue on the path that do as told.
func fakeSlurm(t *testing.T, sbatch, squeue string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	dir := t.TempDir()
	for name, script := range map[string]string{
		"sbatch": sbatch, "squeue": squeue, "sacct": "echo 'OUT_OF_MEMORY|0:125'",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// everyTask is an sbatch that runs the whole array at once.
const everyTask = `last=$(sed -n 's/^#SBATCH --array=0-//p' array.sh)
for i in $(seq 0 "$last"); do SLURM_ARRAY_TASK_ID=$i sh array.sh >task-$i.log 2>&1; done
echo 17`

func TestArrayScript(t *testing.T) {
	fakeSlurm(t, everyTask, "true")
	dir, local := filepath.Join(t.TempDir(), "it's here"), t.TempDir()
	runs := grid(t, 60, 0, "")
	runHere(t, local, runs, Options{})
	runHere(t, dir, runs, Options{Slurm: testSlurm(t, 7), Version: "test"})
	if a, b := table(t, local), table(t, dir); a != b {
		t.Errorf("the array gives another table\n%s", firstDifference(a, b))
	}
}

func TestArrayThatNeverWorks(t *testing.T) {
	fakeSlurm(t, "echo killed >task-0.log; echo 17", "true")
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
	fakeSlurm(t, "echo 'invalid partition specified: nowhere' >&2; exit 1", "true")
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
	if err := os.MkdirAll(filepath.Join(roundDir(dir, 1), "results"), 0o777); err != nil {
		t.Fatal(err)
	}
	err = writeJSON(filepath.Join(roundDir(dir, 1), "array.json"), array{Name: "x", Tasks: [][]Run{pending}})
	if err != nil {
		t.Fatal(err)
	}
	deadly := pending[2].ID
	deaths := 0
	for range mostAttempts + 1 {
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
	if deaths != mostAttempts {
		t.Errorf("the deadly run was tried %d times, want %d", deaths, mostAttempts)
	}
	waiting := map[string]bool{}
	for _, run := range pending {
		waiting[run.ID] = true
	}
	if err := s.collect(1, map[string]bool{}, waiting, &monitor{}); err != nil {
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
