// Package study runs many trainings of a model and keeps what they came to.
//
// A specification (Parse) expands into runs; the identity of a run is a hash of its settings. A Study is a directory
// with a ledger of runs (JSON, a line a change) and their trajectories (Parquet). Run does what is pending, on the cores of this
// machine or as a Slurm job array. Killed at any moment, it goes on from the ledger: what was finished is whole and
// is not run again, and the final table is the same, bit for bit, as if nothing had happened.
package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"lacuna/experiment"
)

// Study is a set of runs in a directory.
type Study struct {
	Dir    string
	Ledger *Ledger
}

// Open opens the study in a directory; with create it is made if there is none. Close it after use.
func Open(dir string, create bool) (*Study, error) {
	ledger, err := OpenLedger(dir, create)
	if err != nil {
		return nil, err
	}
	return &Study{Dir: dir, Ledger: ledger}, nil
}

// Close lets go of the study.
func (s *Study) Close() error { return s.Ledger.Close() }

// Trajectory reads the trajectory of a run. It returns nil when the run kept none.
func (s *Study) Trajectory(id string) (*experiment.Trajectory, error) {
	t, err := LoadTrajectory(trajectoryPath(s.Dir, id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return t, err
}

// Options says how the runs of a study are done.
type Options struct {
	Runner   Runner         // does one run; needed by the local engine
	Workers  int            // runs at a time, each on one thread; 0 means one a core
	Slurm    *Slurm         // submit to Slurm instead
	Version  string         // of the program, for the ledger
	Progress func(Progress) // called after every run and from time to time; must not block
}

// Progress is what a running study has reached.
type Progress struct {
	Total, Done, Failed int
	Running             int
	Elapsed             time.Duration
	Left                time.Duration // estimated from the runs done since the start; negative while unknown
	Best                Number        // least test MSE so far; NaN while there is none
	BestID              string
}

// Status counts the runs of a study as the ledger has them now.
func (s *Study) Status() (Progress, error) {
	runs, err := s.Ledger.Runs()
	if err != nil {
		return Progress{}, err
	}
	return tally(runs), nil
}

func tally(runs []Run) Progress {
	p := Progress{Total: len(runs), Left: -1, Best: Number(math.NaN())}
	for _, run := range runs {
		p.count(run)
	}
	return p
}

func (p *Progress) count(run Run) {
	switch run.State {
	case Done:
		p.Done++
		if x := run.Outcome.TestMSE; !math.IsNaN(float64(x)) && !(x >= p.Best) {
			p.Best, p.BestID = x, run.ID
		}
	case Failed:
		p.Failed++
	}
}

// Run does the given runs (nil: those that are pending in the study already) and returns when all have ended. A run
// that fails is a row with its reason, not an error. Ending ctx stops between runs that are finished; those under
// way are done again next time. ErrBusy is returned while another process runs the study.
func (s *Study) Run(ctx context.Context, runs []Settings, o Options) error {
	if err := s.Ledger.Acquire(); err != nil {
		return err
	}
	removeLeftovers(filepath.Join(s.Dir, "trajectories"))
	if runs != nil {
		if err := s.Ledger.Add(runs); err != nil {
			return err
		}
	}
	all, err := s.Ledger.Runs()
	if err != nil {
		return err
	}
	m := &monitor{Progress: tally(all), started: time.Now(), report: o.Progress}
	m.before = m.Done + m.Failed
	m.tell()
	var pending []Run
	for _, run := range all {
		if run.State == Pending {
			pending = append(pending, run)
		}
	}
	if len(pending) == 0 {
		return nil
	}
	if o.Slurm != nil {
		return s.runSlurm(ctx, pending, o, m)
	}
	return s.runLocal(ctx, pending, o, m)
}

// monitor keeps Progress; it is used by one goroutine.
type monitor struct {
	Progress
	started time.Time
	before  int // runs that had ended when it started
	report  func(Progress)
}

func (m *monitor) tell() {
	m.Elapsed = time.Since(m.started)
	if ended := m.Done + m.Failed; ended > m.before {
		m.Left = time.Duration(float64(m.Elapsed) * float64(m.Total-ended) / float64(ended-m.before))
	}
	if m.report != nil {
		m.report(m.Progress)
	}
}

// runLocal fills the cores with runs. One goroutine writes the ledger.
func (s *Study) runLocal(ctx context.Context, pending []Run, o Options, m *monitor) error {
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, len(pending))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue, ended := make(chan Run), make(chan Run)
	go func() {
		defer close(queue)
		for _, run := range pending {
			select {
			case queue <- run:
			case <-ctx.Done():
				return
			}
		}
	}()
	alive := make(chan struct{})
	for range workers {
		go func() {
			defer func() { alive <- struct{}{} }()
			for run := range queue {
				if execute(ctx, o.Runner, &run, o.Version) == nil {
					ended <- run
				}
			}
		}()
	}
	m.Running = workers
	var failure error
	for working := workers; working > 0; {
		select {
		case run := <-ended:
			if failure != nil {
				continue
			}
			if failure = s.keep(run); failure != nil {
				cancel()
				continue
			}
			m.count(run)
			m.tell()
		case <-alive:
			working--
			m.Running = working
		}
	}
	if failure != nil {
		return failure
	}
	return ctx.Err()
}

// execute does one run and fills in how it ended. It returns an error only when the run was cut short.
func execute(ctx context.Context, runner Runner, run *Run, version string) error {
	run.Version, run.Machine, run.Started = version, machine(), time.Now()
	outcome, err := protected(ctx, runner, run.Settings)
	run.Finished = time.Now()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	run.State, run.Outcome = Done, outcome
	if err != nil {
		run.State, run.Reason, run.Outcome = Failed, err.Error(), Outcome{}
	}
	return nil
}

// protected turns a panic of a run into its failure.
func protected(ctx context.Context, runner Runner, s Settings) (o Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return runner(ctx, s)
}

// keep puts a finished run on disk, its trajectory first: the row in the ledger is what makes it finished.
func (s *Study) keep(run Run) error {
	if run.Outcome.Trajectory != nil {
		if err := SaveTrajectory(trajectoryPath(s.Dir, run.ID), run.Outcome.Trajectory); err != nil {
			return err
		}
	}
	return s.Ledger.Record(run)
}

func machine() string {
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	return fmt.Sprintf("%s %s/%s", name, runtime.GOOS, runtime.GOARCH)
}
