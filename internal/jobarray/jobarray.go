// Package jobarray deals work out to the tasks of Slurm job arrays and gathers what they come to.
//
// An item of work has an identity and, once it is done, a file with its result, which is written whole or not at all: what
// has a result is done, whatever happened to who did it. Each task of an array does its share of the items one after
// another. Tasks may be cancelled, pre-empted, killed and requeued at any moment: what a task had finished is not done
// again, and what is missing when an array has left the queue is dealt out in another. The process that submits may be
// killed too: the next one finds the array in the queue.
//
// The directory lies where all nodes see it. In it, slurm/NNNN is one array: array.sh, which may also be submitted by
// hand, array.json, submitted (what sbatch said), closed (nothing more is to come), results, a log a task.
package jobarray

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

// Slurm says how arrays are submitted.
type Slurm struct {
	// Command starts one task; directory, round and task number are appended. It must call RunTask with them.
	Command []string
	Tasks   int           // size of the array; 0 means one an item, up to 200
	Options []string      // further options of sbatch, such as --partition=short or --time=2:00:00
	Poll    time.Duration // how often to look; 0 means 5 s
}

// Place is where work is dealt out and results are gathered.
type Place struct {
	Dir     string // of the arrays
	Results string // folder in it of the results of all arrays; "": every array has a folder of its own
	Ending  string // of a result's name, which begins with the item's identity
}

// MostAttempts is how many times an item may take its task down with it.
const MostAttempts = 5

const (
	mostTasks   = 200
	mostRounds  = 6   // arrays in a row without one new result
	mostSilence = 120 // polls in a row that squeue may fail
)

func (p Place) round(round int) string {
	return filepath.Join(p.Dir, "slurm", fmt.Sprintf("%04d", round))
}

func (p Place) results(round int) string {
	if p.Results != "" {
		return filepath.Join(p.Dir, p.Results)
	}
	return filepath.Join(p.round(round), "results")
}

func (p Place) attempts(id string) string { return filepath.Join(p.Dir, "slurm", "attempts", id) }

// Forget lets an item be tried as often as a new one.
func (p Place) Forget(id string) { os.Remove(p.attempts(id)) }

// array is what a round has to do: Tasks[i] are the items of task i.
type array[T any] struct {
	Name  string `json:"name"` // of the job; no other has it
	Tasks [][]T  `json:"tasks"`
}

func readArray[T any](p Place, round int) (array[T], error) {
	var a array[T]
	text, err := os.ReadFile(filepath.Join(p.round(round), "array.json"))
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

func writeJSON(path string, v any) error {
	return atomicfile.Write(path, func(w io.Writer) error { return json.NewEncoder(w).Encode(v) })
}

// RunTask does the items of one task of an array, those that have no result yet; do returns the content of an item's
// result. attempt counts how often the item was begun by a task that died over it, from 1. An error of do ends the task.
func RunTask[T any](
	ctx context.Context, p Place, round, task int, id func(T) string,
	do func(ctx context.Context, item T, attempt int) ([]byte, error),
) error {
	a, err := readArray[T](p, round)
	if err != nil {
		return err
	}
	if task < 0 || task >= len(a.Tasks) {
		return fmt.Errorf("task %d of %d does not exist", task, len(a.Tasks))
	}
	for _, item := range a.Tasks[task] {
		path := filepath.Join(p.results(round), id(item)+p.Ending)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		attempt, err := p.countAttempt(id(item))
		if err != nil {
			return err
		}
		content, err := do(ctx, item, attempt)
		if err != nil { // in order: no death
			p.Forget(id(item))
			return err
		}
		if err := atomicfile.WriteBytes(path, content); err != nil {
			return err
		}
	}
	return nil
}

// countAttempt adds one to the count of an item and returns it.
func (p Place) countAttempt(id string) (int, error) {
	path := p.attempts(id)
	text, _ := os.ReadFile(path)
	count, _ := strconv.Atoi(string(text))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return 0, err
	}
	return count + 1, atomicfile.WriteBytes(path, []byte(strconv.Itoa(count+1)))
}

// Queue is work to be dealt out.
type Queue[T any] struct {
	Place
	Slurm
	ID func(item T) string
	// Take is told the result of every item, in the order of identities among those that are new. Where it returns false
	// the result is of no use: it is removed, and the item is done again.
	Take   func(id, path string) (bool, error)
	Tell   func() // called after every look at the queue
	Cancel bool   // when ctx ends, so does the array; else it goes on, and the next Run finds it
}

// Run submits arrays until every item has a result. It returns ctx's error when that ends first, and an error when
// Slurm refuses an array or arrays end again and again without a result.
func (q *Queue[T]) Run(ctx context.Context, pending []T) error {
	waiting := map[string]bool{}
	for _, item := range pending {
		waiting[q.ID(item)] = true
	}
	round := q.lastRound()
	for barren := 0; len(waiting) > 0; {
		name, err := q.prepare(ctx, &round, pending, waiting)
		before := len(waiting)
		if err == nil {
			err = q.follow(ctx, round, name, waiting)
		}
		if ctx.Err() != nil && q.Cancel && name != "" {
			q.cancel(round, name)
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		if len(waiting) < before {
			barren = 0
		} else if barren++; barren == mostRounds {
			return fmt.Errorf("%d job arrays in a row ended without a result: %s", mostRounds, q.explain(ctx, round))
		}
		if err := q.close(round); err != nil {
			return err
		}
	}
	return nil
}

func (p Place) lastRound() int {
	entries, _ := os.ReadDir(filepath.Join(p.Dir, "slurm"))
	last := 0
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			last = max(last, n)
		}
	}
	return last
}

func (p Place) close(round int) error {
	return atomicfile.WriteBytes(filepath.Join(p.round(round), "closed"), nil)
}

// open returns the array of a round that a process before this one has not closed.
func (q *Queue[T]) open(round int) (a array[T], ok bool) {
	if _, err := os.Stat(filepath.Join(q.round(round), "closed")); round == 0 || !errors.Is(err, os.ErrNotExist) {
		return a, false
	}
	a, err := readArray[T](q.Place, round)
	return a, err == nil
}

// prepare makes sure that an array for waiting items is in the queue: the last one, if a process before this one
// submitted it and has not closed it, or a new one. It returns the name of the job.
func (q *Queue[T]) prepare(ctx context.Context, round *int, pending []T, waiting map[string]bool) (string, error) {
	if a, ok := q.open(*round); ok {
		if !q.Cancel || q.wants(a, waiting) {
			return a.Name, q.submitOnce(ctx, *round, a.Name, false)
		}
		q.cancel(*round, a.Name)
	}
	*round++
	var left []T
	for _, item := range pending {
		if waiting[q.ID(item)] {
			left = append(left, item)
		}
	}
	tasks := q.Tasks
	if tasks <= 0 {
		tasks = mostTasks
	}
	tasks = min(tasks, len(left))
	a := array[T]{
		Name:  fmt.Sprintf("lacuna-%s-%s-%d", q.ID(left[0]), strconv.FormatInt(time.Now().UnixNano(), 36), *round),
		Tasks: make([][]T, tasks),
	}
	for i, item := range left {
		a.Tasks[i%tasks] = append(a.Tasks[i%tasks], item)
	}
	for _, dir := range []string{q.round(*round), q.results(*round)} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return "", err
		}
	}
	script, err := q.script(*round, a.Name, tasks)
	if err != nil {
		return "", err
	}
	if err := atomicfile.WriteBytes(filepath.Join(q.round(*round), "array.sh"), script); err != nil {
		return "", err
	}
	if err := writeJSON(filepath.Join(q.round(*round), "array.json"), a); err != nil {
		return "", err
	}
	return a.Name, q.submitOnce(ctx, *round, a.Name, true)
}

// wants reports whether an array has an item that is waited for.
func (q *Queue[T]) wants(a array[T], waiting map[string]bool) bool {
	for _, items := range a.Tasks {
		for _, item := range items {
			if waiting[q.ID(item)] {
				return true
			}
		}
	}
	return false
}

// script is the job array as a shell script.
func (q *Queue[T]) script(round int, name string, tasks int) ([]byte, error) {
	full, err := filepath.Abs(q.Dir)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, "#!/bin/sh")
	for _, option := range append([]string{
		"--job-name=" + name, fmt.Sprintf("--array=0-%d", tasks-1), "--cpus-per-task=1", "--requeue",
		"--open-mode=append", "--output=task-%a.log",
	}, q.Options...) {
		fmt.Fprintln(&b, "#SBATCH", option)
	}
	fmt.Fprintln(&b, `export GOMAXPROCS="${SLURM_CPUS_PER_TASK:-1}"`)
	fmt.Fprint(&b, "exec")
	for _, word := range append(append([]string{}, q.Command...), full, strconv.Itoa(round)) {
		fmt.Fprint(&b, " '", strings.ReplaceAll(word, "'", `'\''`), "'")
	}
	fmt.Fprintln(&b, ` "$SLURM_ARRAY_TASK_ID"`)
	return b.Bytes(), nil
}

// submitOnce submits a round unless a job of its name is or was in the queue.
func (q *Queue[T]) submitOnce(ctx context.Context, round int, name string, fresh bool) error {
	submitted := filepath.Join(q.round(round), "submitted")
	if !fresh {
		if _, err := os.Stat(submitted); err == nil {
			return nil
		}
		if active, err := inQueue(ctx, name); err != nil || active {
			return err
		}
	}
	command := exec.CommandContext(ctx, "sbatch", "--parsable", "array.sh")
	command.Dir = q.round(round)
	var problem bytes.Buffer
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil {
		return fmt.Errorf("sbatch: %w: %s", err, strings.TrimSpace(problem.String()))
	}
	return atomicfile.WriteBytes(submitted, out)
}

// inQueue reports whether a job of that name is waiting, running or being requeued.
func inQueue(ctx context.Context, name string) (bool, error) {
	out, err := exec.CommandContext(ctx, "squeue", "--noheader", "--name="+name, "--format=%i").Output()
	if err != nil {
		return false, fmt.Errorf("squeue: %w", err)
	}
	return len(bytes.TrimSpace(out)) > 0, nil
}

// cancel takes an array out of the queue for good. It goes by the name, which is known even where sbatch was cut short.
func (q *Queue[T]) cancel(round int, name string) {
	const patience = 30 * time.Second
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	if exec.CommandContext(ctx, "scancel", "--name="+name).Run() == nil {
		q.close(round)
	}
}

// follow collects results until the array has left the queue.
func (q *Queue[T]) follow(ctx context.Context, round int, name string, waiting map[string]bool) error {
	poll := q.Poll
	if poll <= 0 {
		poll = 5 * time.Second
	}
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
		if err := q.collect(round, waiting); err != nil {
			return err
		}
		if !active || len(waiting) == 0 {
			return nil
		}
		q.Tell()
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// collect takes the results that are new, in the order of their names.
func (q *Queue[T]) collect(round int, waiting map[string]bool) error {
	dir := q.results(round)
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return err
	}
	for _, e := range entries {
		id, ours := strings.CutSuffix(e.Name(), q.Ending)
		if !ours || !waiting[id] {
			continue
		}
		path := filepath.Join(dir, e.Name())
		useful, err := q.Take(id, path)
		switch {
		case err != nil:
			return err
		case useful:
			delete(waiting, id)
		default:
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// explain says what is known about an array that ended without results.
func (q *Queue[T]) explain(ctx context.Context, round int) string {
	var words []string
	if id, err := os.ReadFile(filepath.Join(q.round(round), "submitted")); err == nil {
		job, _, _ := strings.Cut(strings.TrimSpace(string(id)), ";")
		out, err := exec.CommandContext(ctx, "sacct", "-n", "-P", "-X", "-j", job, "-o", "State,ExitCode").Output()
		if err == nil {
			words = append(words, "sacct says "+strings.Join(strings.Fields(string(out)), " "))
		}
	}
	logs, _ := filepath.Glob(filepath.Join(q.round(round), "task-*.log"))
	for _, path := range logs {
		if text, err := os.ReadFile(path); err == nil && len(bytes.TrimSpace(text)) > 0 {
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			return strings.Join(append(words, filepath.Base(path)+" ends with: "+lines[len(lines)-1]), "; ")
		}
	}
	return strings.Join(append(words, "its logs are empty"), "; ")
}
