package study

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"lacuna/internal/jobarray"
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

// arrays are those of a study. A run that failed may be tried again: every array has results of its own.
func arrays(dir string) jobarray.Place { return jobarray.Place{Dir: dir, Ending: ".json"} }

func identity(run Run) string { return run.ID }

// RunTask does the runs of one task of a job array, those that have no result yet. It is what Slurm.Command calls.
func RunTask(ctx context.Context, dir string, round, task int, runner Runner, version string) error {
	err := jobarray.RunTask(ctx, arrays(dir), round, task, identity,
		func(ctx context.Context, run Run, attempt int) ([]byte, error) {
			if attempt > jobarray.MostAttempts {
				run.State = Failed
				run.Reason = fmt.Sprintf("its task died %d times while at it: is the memory enough?", jobarray.MostAttempts)
				run.Version, run.Machine, run.Started, run.Finished = version, machine(), time.Now(), time.Now()
			} else if err := execute(ctx, runner, &run, version); err != nil {
				return nil, err
			}
			if run.Outcome.Trajectory != nil {
				if err := SaveTrajectory(trajectoryPath(dir, run.ID), run.Outcome.Trajectory); err != nil {
					return nil, err
				}
			}
			return json.Marshal(run)
		})
	if err != nil {
		return fmt.Errorf("study: %w", err)
	}
	return nil
}

// runSlurm submits arrays until every run has ended.
func (s *Study) runSlurm(ctx context.Context, pending []Run, o Options, m *monitor) error {
	queue := jobarray.Queue[Run]{
		Place: arrays(s.Dir), Slurm: jobarray.Slurm(*o.Slurm), ID: identity, Tell: m.tell,
		Take: func(id, path string) (bool, error) {
			text, err := os.ReadFile(path)
			if err != nil {
				return false, err
			}
			var run Run
			if err := json.Unmarshal(text, &run); err != nil {
				return false, fmt.Errorf("%s: %w", path, err)
			}
			if err := s.Ledger.Record(run); err != nil {
				return false, err
			}
			m.count(run)
			m.tell()
			return true, nil
		},
	}
	if err := queue.Run(ctx, pending); err != nil {
		return fmt.Errorf("study: %w", err)
	}
	return nil
}
