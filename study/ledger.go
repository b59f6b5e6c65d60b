package study

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// ErrBusy is returned when another process is running the study.
var ErrBusy = errors.New("study: another process is running this study: wait for it, or stop it")

// LedgerName is the file in the directory of a study that holds its ledger.
const LedgerName = "ledger.jsonl"

// Ledger is the record of a study: a file to which every change adds a line of JSON. The line is on disk when the call
// returns, and one without its end counts for nothing, so a process killed at any moment leaves the runs it had finished,
// whole. It is safe for concurrent use, also by other processes; one of them at a time may hold the study with Acquire.
type Ledger struct {
	path    string
	release func() error // lets go of the study

	mutex sync.Mutex
	file  *os.File
	read  int64 // bytes of the whole lines that runs holds
	lines int
	runs  map[string]Run
}

// entry is a line of the ledger: one of its fields is there.
type entry struct {
	Listed []listedRun `json:"listed,omitempty"` // the runs of a specification, in its order
	Ended  *Run        `json:"ended,omitempty"`
	Retry  []string    `json:"retry,omitempty"` // identities of failed runs that are pending again
}

type listedRun struct {
	ID       string   `json:"id"`
	Settings Settings `json:"settings"`
}

// OpenLedger opens the ledger in a directory. With create false, a directory without one is an error.
func OpenLedger(dir string, create bool) (*Ledger, error) {
	path := filepath.Join(dir, LedgerName)
	_, err := os.Stat(path)
	if err != nil {
		if _, old := os.Stat(filepath.Join(dir, "ledger.sqlite")); old == nil {
			return nil, fmt.Errorf("%s holds a study of an earlier lacuna, whose ledger was an SQLite file: "+
				"run its specification again in another directory", dir)
		}
		if !create {
			return nil, fmt.Errorf("%s holds no study: start one with `lacuna study run SPEC`", dir)
		}
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
	}
	l := &Ledger{path: path, runs: map[string]Run{}}
	if l.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return nil, err
	}
	if folder, err := os.Open(dir); err == nil {
		folder.Sync() // where the system can: the name of a new file
		folder.Close()
	}
	if err := l.refresh(); err != nil {
		l.file.Close()
		return nil, err
	}
	return l, nil
}

// refresh reads the lines that were added since the last time.
func (l *Ledger) refresh() error {
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	data := make([]byte, max(0, info.Size()-l.read))
	n, err := l.file.ReadAt(data, l.read)
	if err != nil && err != io.EOF {
		return err
	}
	data = data[:n]
	for {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			return nil
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			if len(rest) == 0 { // a machine that lost its power may leave a line that has an end and no middle
				return nil
			}
			return fmt.Errorf("%s:%d: the ledger is damaged (%w): put back a copy, or run the study in another directory",
				l.path, l.lines+1, err)
		}
		l.apply(e)
		l.read += int64(len(line)) + 1
		l.lines++
		data = rest
	}
}

func (l *Ledger) apply(e entry) {
	for position, listed := range e.Listed {
		run, there := l.runs[listed.ID]
		if !there {
			run = Run{ID: listed.ID, State: Pending}
		}
		run.Position, run.Settings = position, listed.Settings
		l.runs[listed.ID] = run
	}
	if e.Ended != nil {
		if run, there := l.runs[e.Ended.ID]; there && run.State == Pending {
			ended := *e.Ended
			ended.Position, ended.Settings = run.Position, run.Settings
			l.runs[run.ID] = ended
		}
	}
	for _, id := range e.Retry {
		if run, there := l.runs[id]; there && run.State == Failed {
			run.State, run.Reason, run.Outcome = Pending, "", Outcome{}
			l.runs[id] = run
		}
	}
}

// change adds the line that decide returns, and none where it returns nil. decide sees the ledger as it is then: no other
// process changes it meanwhile.
func (l *Ledger) change(decide func() *entry) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if err := lockFile(l.file, true); err != nil {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	defer unlockFile(l.file)
	if err := l.refresh(); err != nil {
		return err
	}
	e := decide()
	if e == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := l.file.Truncate(l.read); err != nil { // a line that was never finished
		return err
	}
	if _, err := l.file.WriteAt(append(line, '\n'), l.read); err != nil {
		return errors.Join(err, l.file.Truncate(l.read))
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	return l.refresh()
}

// Acquire makes this process the only one that runs the study, until Close.
func (l *Ledger) Acquire() error {
	release, err := Hold(filepath.Dir(l.path))
	if err != nil {
		return err
	}
	l.release = release
	return nil
}

// LockName is the file in a directory by which Hold holds it.
const LockName = "lock"

// Hold makes this process the only one that works in a directory, until it calls release; ErrBusy is returned where
// another does. The lock is the system's, on a file of its own: it ends with the process, however that ends.
func Hold(dir string) (release func() error, err error) {
	file, err := os.OpenFile(filepath.Join(dir, LockName), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	const tries = 5
	for k := range tries {
		if err = lockFile(file, false); err == nil {
			return file.Close, nil
		}
		if !errors.Is(err, ErrBusy) {
			break
		}
		if k < tries-1 {
			time.Sleep(50 * time.Millisecond)
		}
	}
	file.Close()
	return nil, err
}

// Close closes the ledger and lets go of the study.
func (l *Ledger) Close() error {
	if l.release != nil {
		l.release()
		l.release = nil
	}
	return l.file.Close()
}

// Add lists runs as pending. Runs that are there already keep their state; all take the positions of the list.
func (l *Ledger) Add(runs []Settings) error {
	listed := make([]listedRun, len(runs))
	for i, s := range runs {
		s.Normalise()
		listed[i] = listedRun{s.ID(), s}
	}
	return l.change(func() *entry {
		for position, r := range listed {
			run, there := l.runs[r.ID]
			if !there || run.Position != position || !alike(run.Settings, r.Settings) {
				return &entry{Listed: listed}
			}
		}
		return nil
	})
}

// alike tells that two settings are written alike.
func alike(a, b Settings) bool {
	one, err := json.Marshal(a)
	other, bad := json.Marshal(b)
	return err == nil && bad == nil && bytes.Equal(one, other)
}

// Record writes the end of one run. A run that has ended before keeps its first result.
func (l *Ledger) Record(run Run) error {
	run.Started, run.Finished = run.Started.UTC(), run.Finished.UTC()
	return l.change(func() *entry {
		if known, there := l.runs[run.ID]; !there || known.State != Pending {
			return nil
		}
		return &entry{Ended: &run}
	})
}

// Retry makes failed runs pending again and returns how many there were.
func (l *Ledger) Retry() (int, error) {
	var failed []string
	err := l.change(func() *entry {
		for id, run := range l.runs {
			if run.State == Failed {
				failed = append(failed, id)
			}
		}
		if failed == nil {
			return nil
		}
		slices.Sort(failed)
		return &entry{Retry: failed}
	})
	return len(failed), err
}

// Runs lists the runs in one of the given states (all when none is given), in the order of the specification.
func (l *Ledger) Runs(states ...string) ([]Run, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if err := l.refresh(); err != nil {
		return nil, err
	}
	var runs []Run
	for run := range maps.Values(l.runs) {
		if len(states) == 0 || slices.Contains(states, run.State) {
			runs = append(runs, run)
		}
	}
	slices.SortFunc(runs, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	return runs, nil
}
