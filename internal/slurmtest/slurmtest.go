// Package slurmtest gives tests a Slurm cluster of one node, or programs that stand in for Slurm's.
package slurmtest

import (
	"bytes"
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

// Need skips unless LACUNA_SLURM is set. The programs are Debian's munge and slurm-wlm; where they are missing
// and this process may install packages, it does.
func Need(t *testing.T) {
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

// Start starts a cluster of one node with its own key, ports and folders, and points SLURM_CONF to it.
func Start(t *testing.T) {
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
	Eventually(t, "munged opens its socket", func() bool { _, err := os.Stat(dir + "/munge/socket"); return err == nil })
	daemon(t, dir, "slurmctld", "-D", "-f", path)
	daemon(t, dir, "slurmd", "-D", "-f", path, "-N", host)
	Eventually(t, "the node is idle", func() bool {
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

// Eventually waits up to five minutes until something is so.
func Eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 3000 {
		if is() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("five minutes passed, and not yet: %s", what)
}

// Fake puts programs named sbatch and squeue on the path that do as told, and a scancel that notes what it is asked for in
// the file cancelled of the folder that it returns.
func Fake(t *testing.T, sbatch, squeue string) (folder string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	dir := t.TempDir()
	for name, script := range map[string]string{
		"sbatch": sbatch, "squeue": squeue, "sacct": "echo 'OUT_OF_MEMORY|0:125'",
		"scancel": `echo "$@" >>"${0%/*}/cancelled"`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return dir
}

// EveryTask is an sbatch that runs the whole array at once.
const EveryTask = `last=$(sed -n 's/^#SBATCH --array=0-//p' array.sh)
for i in $(seq 0 "$last"); do SLURM_ARRAY_TASK_ID=$i sh array.sh >task-$i.log 2>&1; done
echo 17`
