package study

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/atomicfile"
)

// Slurm says how to run a study as job arrays. Each task of an array does its share of the runs, one after another,
// and writes a file a run; the process that submitted collects them into the ledger, which no task touches. Tasks may
// be cancelled, pre-empted and requeued at any moment: what a task had finished is not run again. The submitting
// process may be killed too: the next Run finds the array in the queue and goes on collecting.
type Slurm struct {
	// Command starts one task; directory, round and task number are appended. It must call RunTask with them.
	Command []string
	Tasks   int           // size of the array; 0 means one a run, up to 200
	Options []string      // further options of sbatch, such as --partition=short or --time=2:00:00
	Poll    time.Duration // how often to look; 0 means 5 s
}

const (
	mostTasks    = 200
	mostRounds   = 6   // arrays in a row without one finished run
	mostSilence  = 120 // polls in a row that squeue may fail
	mostAttempts = 5   // times that a run may take its task down with it
)

func roundDir(dir string, round int) string {
	return filepath.Join(dir, "slurm", fmt.Sprintf("%04d", round))
}

// array is what a round has to do: Tasks[i] are the runs of task i.
type array struct {
	Name  string  `json:"name"` // of the job; no other has it
	Tasks [][]Run `json:"tasks"`
}

// RunTask does the runs of one task of a job array, those that have no result yet. It is what Slurm.Command calls.
func RunTask(ctx context.Context, dir string, round, task int, runner Runner, version string) error {
	a, err := readArray(dir, round)
	if err != nil {
		return err
	}
	if task < 0 || task >= len(a.Tasks) {
		return fmt.Errorf("study: task %d of %d does not exist", task, len(a.Tasks))
	}
	results := filepath.Join(roundDir(dir, round), "results")
	for _, run := range a.Tasks[task] {
		path := filepath.Join(results, run.ID+".json")
		if _, err := os.Stat(path); err == nil {
			continue
		}
		attempts, err := countAttempt(filepath.Join(dir, "slurm", "attempts", run.ID))
		if err != nil {
			return err
		}
		if attempts > mostAttempts {
			run.State = Failed
			run.Reason = fmt.Sprintf("its task died %d times while at it: is the memory enough?", mostAttempts)
			run.Version, run.Machine, run.Started, run.Finished = version, machine(), time.Now(), time.Now()
		} else if err := execute(ctx, runner, &run, version); err != nil {
			os.Remove(filepath.Join(dir, "slurm", "attempts", run.ID))
			return err
		}
		if run.Outcome.Trajectory != nil {
			if err := SaveTrajectory(trajectoryPath(dir, run.ID), run.Outcome.Trajectory); err != nil {
				return err
			}
		}
		if err := writeJSON(path, run); err != nil {
			return err
		}
	}
	return nil
}

// countAttempt adds one to the count in a file and returns it.
func countAttempt(path string) (int, error) {
	text, _ := os.ReadFile(path)
	count, _ := strconv.Atoi(string(text))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return 0, err
	}
	return count + 1, atomicfile.WriteBytes(path, []byte(strconv.Itoa(count+1)))
}

func readArray(dir string, round int) (array, error) {
	var a array
	text, err := os.ReadFile(filepath.Join(roundDir(dir, round), "array.json"))
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

func writeJSON(path string, v any) error {
	return atomicfile.Write(path, func(w io.Writer) error { return json.NewEncoder(w).Encode(v) })
}

// runSlurm submits arrays until every run has ended.
func (s *Study) runSlurm(ctx context.Context, pending []Run, o Options, m *monitor) error {
	waiting := map[string]bool{}
	for _, run := range pending {
		waiting[run.ID] = true
	}
	round := lastRound(s.Dir)
	for barren := 0; len(waiting) > 0; {
		queued, err := s.prepare(ctx, &round, pending, waiting, o.Slurm)
		if err != nil {
			return err
		}
		before := len(waiting)
		if err := s.follow(ctx, round, queued, waiting, o.Slurm, m); err != nil {
			return err
		}
		if len(waiting) < before {
			barren = 0
		} else if barren++; barren == mostRounds {
			return fmt.Errorf("study: %d job arrays in a row ended without a result: %s", mostRounds, s.explain(ctx, round))
		}
		if len(waiting) > 0 {
			if err := closeRound(s.Dir, round); err != nil {
				return err
			}
		}
	}
	return closeRound(s.Dir, round)
}

func lastRound(dir string) int {
	entries, _ := os.ReadDir(filepath.Join(dir, "slurm"))
	last := 0
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			last = max(last, n)
		}
	}
	return last
}

func closeRound(dir string, round int) error {
	return atomicfile.WriteBytes(filepath.Join(roundDir(dir, round), "closed"), nil)
}

// prepare makes sure that an array for the waiting runs is in the queue: the last one, if a process before this one
// submitted it and has not closed it, or a new one. It returns the name of the job.
func (s *Study) prepare(
	ctx context.Context, round *int, pending []Run, waiting map[string]bool, o *Slurm,
) (string, error) {
	if *round > 0 {
		if _, err := os.Stat(filepath.Join(roundDir(s.Dir, *round), "closed")); errors.Is(err, os.ErrNotExist) {
			if a, err := readArray(s.Dir, *round); err == nil {
				return a.Name, s.submitOnce(ctx, *round, a.Name, false)
			}
		}
	}
	*round++
	var left []Run
	for _, run := range pending {
		if waiting[run.ID] {
			left = append(left, run)
		}
	}
	tasks := o.Tasks
	if tasks <= 0 {
		tasks = mostTasks
	}
	tasks = min(tasks, len(left))
	a := array{
		Name:  fmt.Sprintf("lacuna-%s-%s-%d", left[0].ID, strconv.FormatInt(time.Now().UnixNano(), 36), *round),
		Tasks: make([][]Run, tasks),
	}
	for i, run := range left {
		a.Tasks[i%tasks] = append(a.Tasks[i%tasks], run)
	}
	dir := roundDir(s.Dir, *round)
	if err := os.MkdirAll(filepath.Join(dir, "results"), 0o777); err != nil {
		return "", err
	}
	script, err := o.script(s.Dir, *round, a.Name, tasks)
	if err != nil {
		return "", err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, "array.sh"), script); err != nil {
		return "", err
	}
	if err := writeJSON(filepath.Join(dir, "array.json"), a); err != nil {
		return "", err
	}
	return a.Name, s.submitOnce(ctx, *round, a.Name, true)
}

// script is the job array as a shell script, which may also be submitted by hand.
func (o *Slurm) script(dir string, round int, name string, tasks int) ([]byte, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, "#!/bin/sh")
	for _, option := range append([]string{
		"--job-name=" + name, fmt.Sprintf("--array=0-%d", tasks-1), "--cpus-per-task=1", "--requeue",
		"--open-mode=append", "--output=task-%a.log",
	}, o.Options...) {
		fmt.Fprintln(&b, "#SBATCH", option)
	}
	fmt.Fprintln(&b, "export GOMAXPROCS=1")
	fmt.Fprint(&b, "exec")
	for _, word := range append(append([]string{}, o.Command...), full, strconv.Itoa(round)) {
		fmt.Fprint(&b, " '", strings.ReplaceAll(word, "'", `'\''`), "'")
	}
	fmt.Fprintln(&b, ` "$SLURM_ARRAY_TASK_ID"`)
	return b.Bytes(), nil
}

// submitOnce submits a round unless a job of its name is or was in the queue.
func (s *Study) submitOnce(ctx context.Context, round int, name string, fresh bool) error {
	submitted := filepath.Join(roundDir(s.Dir, round), "submitted")
	if !fresh {
		if _, err := os.Stat(submitted); err == nil {
			return nil
		}
		if active, err := inQueue(ctx, name); err != nil || active {
			return err
		}
	}
	command := exec.CommandContext(ctx, "sbatch", "--parsable", "array.sh")
	command.Dir = roundDir(s.Dir, round)
	var problem bytes.Buffer
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil {
		return fmt.Errorf("study: sbatch: %w: %s", err, strings.TrimSpace(problem.String()))
	}
	return atomicfile.WriteBytes(submitted, out)
}

// inQueue reports whether a job of that name is waiting, running or being requeued.
func inQueue(ctx context.Context, name string) (bool, error) {
	out, err := exec.CommandContext(ctx, "squeue", "--noheader", "--name="+name, "--format=%i").Output()
	if err != nil {
		return false, fmt.Errorf("study: squeue: %w", err)
	}
	return len(bytes.TrimSpace(out)) > 0, nil
}

// follow collects results until the array has left the queue.
func (s *Study) follow(
	ctx context.Context, round int, name string, waiting map[string]bool, o *Slurm, m *monitor,
) error {
	poll := o.Poll
	if poll <= 0 {
		poll = 5 * time.Second
	}
	seen := map[string]bool{}
	for silence := 0; ; {
		active, err := inQueue(ctx, name)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			silence = 0
		case silence == mostSilence:
			return err
		default:
			active = true
			silence++
		}
		if err := s.collect(round, seen, waiting, m); err != nil {
			return err
		}
		if !active || len(waiting) == 0 {
			return nil
		}
		m.tell()
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// collect puts new results of a round into the ledger, in the order of their names.
func (s *Study) collect(round int, seen, waiting map[string]bool, m *monitor) error {
	dir := filepath.Join(roundDir(s.Dir, round), "results")
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return err
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" || strings.HasPrefix(e.Name(), ".") || seen[e.Name()] {
			continue
		}
		seen[e.Name()] = true
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		var run Run
		if err := json.Unmarshal(text, &run); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
		if !waiting[run.ID] {
			continue
		}
		if err := s.Ledger.Record(run); err != nil {
			return err
		}
		delete(waiting, run.ID)
		m.count(run)
		m.tell()
	}
	return nil
}

// explain says what is known about an array that ended without results.
func (s *Study) explain(ctx context.Context, round int) string {
	var words []string
	if id, err := os.ReadFile(filepath.Join(roundDir(s.Dir, round), "submitted")); err == nil {
		job, _, _ := strings.Cut(strings.TrimSpace(string(id)), ";")
		out, err := exec.CommandContext(ctx, "sacct", "-n", "-P", "-X", "-j", job, "-o", "State,ExitCode").Output()
		if err == nil {
			words = append(words, "sacct says "+strings.Join(strings.Fields(string(out)), " "))
		}
	}
	logs, _ := filepath.Glob(filepath.Join(roundDir(s.Dir, round), "task-*.log"))
	for _, path := range logs {
		if text, err := os.ReadFile(path); err == nil && len(bytes.TrimSpace(text)) > 0 {
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			return strings.Join(append(words, filepath.Base(path)+" ends with: "+lines[len(lines)-1]), "; ")
		}
	}
	return strings.Join(append(words, "its logs are empty"), "; ")
}
