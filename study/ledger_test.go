package study

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func ledger(t *testing.T, dir string) *Ledger {
	t.Helper()
	l, err := OpenLedger(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// states lists the states of the runs in their order.
func states(t *testing.T, l *Ledger) string {
	t.Helper()
	runs, err := l.Runs()
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for k, run := range runs {
		if run.Position != k {
			t.Errorf("run %d has position %d", k, run.Position)
		}
		text += run.State + " "
	}
	return strings.TrimSpace(text)
}

func end(t *testing.T, l *Ledger, s Settings, state, reason string) {
	t.Helper()
	s.Normalise()
	if err := l.Record(Run{ID: s.ID(), State: state, Reason: reason, Started: time.Now(), Finished: time.Now()}); err != nil {
		t.Fatal(err)
	}
}

func TestLedgersOfOneStudyAgree(t *testing.T) {
	dir := t.TempDir()
	runs := grid(t, 3, 0, "")
	a, b := ledger(t, dir), ledger(t, dir)
	for _, l := range []*Ledger{a, b, a} {
		if err := l.Add(runs); err != nil {
			t.Fatal(err)
		}
	}
	end(t, a, runs[1], Failed, "first")
	end(t, b, runs[1], Done, "second")
	end(t, b, runs[2], Done, "")
	for k, l := range []*Ledger{a, b, ledger(t, dir)} {
		if got := states(t, l); got != "pending failed done" {
			t.Errorf("ledger %d: %s", k, got)
		}
		if all, _ := l.Runs(Failed); len(all) != 1 || all[0].Reason != "first" || all[0].Started.IsZero() {
			t.Errorf("ledger %d: failed runs %+v", k, all)
		}
	}
	if n, err := b.Retry(); n != 1 || err != nil {
		t.Errorf("%d runs to retry, %v", n, err)
	}
	if got := states(t, a); got != "pending pending done" {
		t.Errorf("after the retry: %s", got)
	}
	if data, err := os.ReadFile(filepath.Join(dir, LedgerName)); err != nil || strings.Count(string(data), "\n") != 4 {
		t.Errorf("the ledger is\n%s(%v), want a line a change", data, err)
	}
}

func TestManyWriters(t *testing.T) {
	dir := t.TempDir()
	runs := grid(t, 40, 0, "")
	if err := ledger(t, dir).Add(runs); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for k := range 4 {
		l := ledger(t, dir)
		group.Go(func() {
			for i := k; i < len(runs); i += 4 {
				s := runs[i]
				s.Normalise()
				if err := l.Record(Run{ID: s.ID(), State: Done, Reason: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	all, err := ledger(t, dir).Runs(Done)
	if err != nil || len(all) != len(runs) {
		t.Fatalf("%d runs are done, %v", len(all), err)
	}
	for k, run := range all {
		if run.Reason != fmt.Sprint(k) {
			t.Errorf("run %d is that of %s", k, run.Reason)
		}
	}
}

func TestLinesWithoutAnEndCountForNothing(t *testing.T) {
	for _, torn := range []string{`{"ended":{"id":"x"`, "\x00\x00\x00\n"} {
		dir := t.TempDir()
		runs := grid(t, 3, 0, "")
		l := ledger(t, dir)
		if err := l.Add(runs); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, LedgerName)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(data, torn...), 0o666); err != nil {
			t.Fatal(err)
		}
		if got := states(t, l); got != "pending pending pending" {
			t.Errorf("%q: %s", torn, got)
		}
		end(t, ledger(t, dir), runs[0], Done, "")
		for k, l := range []*Ledger{l, ledger(t, dir)} {
			if got := states(t, l); got != "done pending pending" {
				t.Errorf("%q, ledger %d: %s", torn, k, got)
			}
		}
	}
}

func TestDamagedLedger(t *testing.T) {
	dir := t.TempDir()
	l := ledger(t, dir)
	if err := l.Add(grid(t, 3, 0, "")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, LedgerName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append([]byte("{}\nnonsense\n"), data...), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLedger(dir, false); err == nil || !strings.Contains(err.Error(), LedgerName+":2: the ledger is damaged") {
		t.Errorf("a damaged ledger gives %v", err)
	}
	old := t.TempDir()
	if err := os.WriteFile(filepath.Join(old, "ledger.sqlite"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLedger(old, true); err == nil || !strings.Contains(err.Error(), "an earlier lacuna") {
		t.Errorf("a ledger in SQLite gives %v", err)
	}
}
