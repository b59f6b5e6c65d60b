package study

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	_ "modernc.org/sqlite" // the driver
)

// ErrBusy is returned when another process is running the study.
var ErrBusy = errors.New("study: another process is running this study: wait for it, or stop it")

const schema = `
CREATE TABLE IF NOT EXISTS runs (
	id       TEXT PRIMARY KEY,
	position INTEGER NOT NULL,
	settings TEXT NOT NULL,
	state    TEXT NOT NULL DEFAULT 'pending',
	reason   TEXT NOT NULL DEFAULT '',
	outcome  TEXT NOT NULL DEFAULT '',
	version  TEXT NOT NULL DEFAULT '',
	machine  TEXT NOT NULL DEFAULT '',
	started  TEXT NOT NULL DEFAULT '',
	finished TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS by_position ON runs (position);`

// Ledger is the record of a study: one row a run, in an SQLite file. Every change is one transaction that is on disk
// when the call returns, so a process killed at any moment leaves the rows it had finished, whole. It is safe for
// concurrent use, also by other processes; one of them at a time may hold the study with Acquire.
type Ledger struct {
	db      *sql.DB
	dir     string
	release func() error // lets go of the study
}

// OpenLedger opens the ledger in a directory. With create false, a directory without one is an error.
func OpenLedger(dir string, create bool) (*Ledger, error) {
	path := filepath.Join(dir, "ledger.sqlite")
	if create {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
	} else if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s holds no study: start one with `lacuna study run SPEC`", dir)
	}
	db, err := openSQLite(path)
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec(schema); err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Ledger{db: db, dir: dir}, nil
}

// openSQLite keeps a rollback journal rather than a write-ahead log: it needs no shared memory, and so also works
// where the directory lies on a network.
func openSQLite(path string) (*sql.DB, error) {
	query := url.Values{
		"_pragma": {"busy_timeout(20000)", "journal_mode(DELETE)", "synchronous(FULL)"},
		"_txlock": {"immediate"},
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// Acquire makes this process the only one that runs the study, until Close.
func (l *Ledger) Acquire() error {
	release, err := Hold(l.dir)
	if err != nil {
		return err
	}
	l.release = release
	return nil
}

// LockName is the file in a directory by which Hold holds it.
const LockName = "lock.sqlite"

// Hold makes this process the only one that works in a directory, until it calls release; ErrBusy is returned where
// another does. The lock is an open transaction on a file of its own: it ends with the process, however that ends.
func Hold(dir string) (release func() error, err error) {
	path := filepath.Join(dir, LockName)
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(200)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN EXCLUSIVE"); err != nil {
		db.Close()
		return nil, ErrBusy
	}
	return db.Close, nil
}

// Close closes the ledger and lets go of the study.
func (l *Ledger) Close() error {
	if l.release != nil {
		l.release()
		l.release = nil
	}
	return l.db.Close()
}

// Add lists runs as pending. Runs that are there already keep their state; all take the positions of the list.
func (l *Ledger) Add(runs []Settings) error {
	tx, err := l.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	insert, err := tx.Prepare(`INSERT INTO runs (id, position, settings) VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET position = excluded.position, settings = excluded.settings`)
	if err != nil {
		return err
	}
	for i, s := range runs {
		s.Normalise()
		text, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if _, err := insert.Exec(s.ID(), i, string(text)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Record writes the end of one run. A run that has ended before keeps its first result.
func (l *Ledger) Record(run Run) error {
	outcome, err := json.Marshal(run.Outcome)
	if err != nil {
		return err
	}
	_, err = l.db.Exec(`UPDATE runs SET state = ?, reason = ?, outcome = ?, version = ?, machine = ?, `+
		`started = ?, finished = ?
		WHERE id = ? AND state = 'pending'`,
		run.State, run.Reason, string(outcome), run.Version, run.Machine,
		run.Started.UTC().Format(time.RFC3339Nano), run.Finished.UTC().Format(time.RFC3339Nano), run.ID)
	return err
}

// Retry makes failed runs pending again and returns how many there were.
func (l *Ledger) Retry() (int64, error) {
	result, err := l.db.Exec(`UPDATE runs SET state = 'pending', reason = '', outcome = '' WHERE state = 'failed'`)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Runs lists the runs in one of the given states (all when none is given), in the order of the specification.
func (l *Ledger) Runs(states ...string) ([]Run, error) {
	rows, err := l.db.Query(`SELECT id, position, settings, state, reason, outcome, version, machine, started, finished
		FROM runs ORDER BY position, id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var runs []Run
	for rows.Next() {
		var run Run
		var settings, outcome, started, finished string
		if err := rows.Scan(&run.ID, &run.Position, &settings, &run.State, &run.Reason, &outcome,
			&run.Version, &run.Machine, &started, &finished); err != nil {
			return nil, err
		}
		if len(states) > 0 && !slices.Contains(states, run.State) {
			continue
		}
		if err := json.Unmarshal([]byte(settings), &run.Settings); err != nil {
			return nil, fmt.Errorf("run %s: %w", run.ID, err)
		}
		if outcome != "" {
			if err := json.Unmarshal([]byte(outcome), &run.Outcome); err != nil {
				return nil, fmt.Errorf("run %s: %w", run.ID, err)
			}
		}
		run.Started, _ = time.Parse(time.RFC3339Nano, started)
		run.Finished, _ = time.Parse(time.RFC3339Nano, finished)
		runs = append(runs, run)
	}
	return runs, rows.Err()
}
