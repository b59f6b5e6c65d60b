// Package session is what the page does with one table: it reads it, fills it and keeps what came of it. The engine in the
// browser and the one behind `lacuna serve` are two ways to call it.
package session

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"lacuna"
	"lacuna/dataio"
	"lacuna/internal/page"
	"lacuna/internal/report"
	"lacuna/internal/summary"
)

// Reading is how the user wants a file to be read. What is left out is found out, as the command does.
type Reading struct {
	Value    string   `json:"value"`     // the value column, or several with commas between
	Index    []string `json:"index"`     // the columns that are modes
	Sheet    string   `json:"sheet"`     // of a workbook; "": the only one with a table
	Missing  []string `json:"missing"`   // further spellings of a gap
	Wide     bool     `json:"wide"`      // a value column for every label of the last mode
	FullGrid bool     `json:"full_grid"` // combinations of labels that are not listed are gaps
	Zeros    bool     `json:"zeros_are_gaps"`
	Censored bool     `json:"censored"` // as --censored of the command: <0.5 among the values is a limit
	Yes      bool     `json:"yes"`      // go on where the table looks misread
}

func (r Reading) options() dataio.Options {
	missing := r.Missing
	if r.Zeros {
		missing = append([]string{"0"}, missing...)
	}
	return dataio.Options{
		Value: r.Value, Sheet: r.Sheet, Index: r.Index, Missing: missing, Wide: r.Wide, FullGrid: r.FullGrid, Censored: r.Censored,
		DropSingle: r.Yes,
	}
}

// Opened tells how a file was read.
type Opened struct {
	Read     *summary.Read `json:"read"`
	Words    string        `json:"words"` // the same in words, as `lacuna data info` says it
	Observed int           `json:"observed"`
	Gaps     int           `json:"gaps"`
	Shape    []int         `json:"shape"`
	Warnings []string      `json:"warnings"`
	Maps     []report.Map  `json:"maps"`
	// Stop says why the table cannot be filled as it is; "" where it can.
	Stop string `json:"stop,omitempty"`
}

// Work is how a table is to be filled.
type Work struct {
	Seed        uint64       `json:"seed"`        // of every random number
	Effort      float64      `json:"effort"`      // as --effort of the command; 0: 1
	Level       float64      `json:"level"`       // of the intervals to be written, in percent; 0: none
	Noise       lacuna.Noise `json:"noise"`       // how values scatter, one of lacuna.Noises; "": auto
	Nonnegative bool         `json:"nonnegative"` // as --nonnegative of the command
}

// Filled is what came of it.
type Filled struct {
	Result *summary.Complete `json:"result"`
	Text   string            `json:"text"`   // the result in words
	Report page.HTML         `json:"report"` // a page
	Name   string            `json:"name"`   // for the filled table

	Table []byte `json:"-"`
}

// Session is one table.
type Session struct {
	Version string // of the program, for the report

	table   *dataio.Table
	reading Reading
}

// Open reads a file of that name. What is wrong with it is an error of one sentence that names the place and the remedy.
func (s *Session) Open(name string, data []byte, reading Reading) (*Opened, error) {
	s.table = nil
	table, err := dataio.ReadFrom(bytes.NewReader(data), name, reading.options())
	if err != nil {
		return nil, err
	}
	s.table, s.reading = table, reading
	o := &Opened{
		Read: summary.NewRead(name, table), Observed: table.Known(), Gaps: table.Gaps() - table.Reading.Censored.All(), Shape: table.Shape(),
		Warnings: append([]string{}, table.Warnings...), Maps: report.GapMaps(table.Observed()),
	}
	for k := range table.Unused {
		o.Warnings = append(o.Warnings, table.Unused[k].Error())
	}
	o.Words = o.Read.Words(o.Observed, o.Gaps)
	if err := s.fillable(); err != nil {
		o.Stop = err.Error()
	}
	return o, nil
}

// fillable says why a table cannot be filled.
func (s *Session) fillable() error {
	t := s.table
	switch {
	case t == nil:
		return errors.New("no table was opened: choose a file first")
	case t.Complete():
		return fmt.Errorf("%s has no gap: all %s are known. If gaps are rows that are not listed, say so; likewise if they "+
			"are zeros", t.Path, summary.Count(t.Known(), "cell"))
	case t.Constant():
		return fmt.Errorf("%s: every known value%s is %s, so there is nothing to learn", t.Path, summary.OfColumns(t),
			summary.Short(t.Observed().Values[0]))
	case len(t.Doubts) > 0 && !s.reading.Yes:
		lines := make([]string, len(t.Doubts))
		for k := range t.Doubts {
			lines[k] = t.Doubts[k].Error()
		}
		return errors.New(strings.Join(lines, "\n"))
	}
	return nil
}

// Fill fills the table that was opened, on threads threads (0: all). Ending ctx stops with the best found by then.
func (s *Session) Fill(ctx context.Context, w Work, threads int, progress func(lacuna.Progress)) (*Filled, error) {
	if err := s.fillable(); err != nil {
		return nil, err
	}
	if !(w.Effort >= 0 && w.Effort <= 1000) || !(w.Level >= 0 && w.Level < 100) {
		return nil, fmt.Errorf("effort %v and interval %v: give an effort above 0, up to 1000, and a share below 100 percent",
			w.Effort, w.Level)
	}
	t := s.table
	options := lacuna.Options{
		Seed: w.Seed, Threads: threads, Effort: w.Effort, Level: w.Level / 100,
		Noise: cmp.Or(w.Noise, "auto"), Nonnegative: w.Nonnegative, Fill: t.Fill(), Progress: progress,
	}
	if limits := t.Censored(); limits != nil {
		censored := lacuna.Censored(*limits)
		options.Censored = &censored
	}
	c, err := lacuna.Complete(ctx, t.Observed(), options)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", t.Path, strings.TrimPrefix(err.Error(), "lacuna: "))
	}
	result := summary.NewComplete(t, w.Seed)
	result.Read = summary.NewRead(t.Path, t)
	result.Add(c)
	f := &Filled{Result: result, Text: result.Text(), Name: filledName(t.Path)}
	if f.Table, err = written(t, c, w.Level/100); err != nil {
		return nil, err
	}
	f.Report = page.HTML(report.HTML(summary.Page(t, c, summary.How{
		Source: t.Path, Output: f.Name, ValueName: s.reading.Value, Level: w.Level / 100, Seed: w.Seed, Version: s.Version,
	})))
	return f, nil
}

// written is the filled table as the command writes it.
func written(t *dataio.Table, c *lacuna.Completion, level float64) ([]byte, error) {
	var out bytes.Buffer
	censored := t.Censored() != nil
	err := t.WriteAllTo(&out, summary.Fill(c, level, censored), summary.Extra(level, censored)...)
	return out.Bytes(), err
}

// filledName puts .filled before the ending; what was compressed is not.
func filledName(name string) string {
	name = strings.TrimSuffix(filepath.Base(name), ".gz")
	ending := filepath.Ext(name)
	return strings.TrimSuffix(name, ending) + ".filled" + ending
}

// Note says what the work is at, as the command's progress bar does.
func Note(p lacuna.Progress) string {
	if p.HeldOut > 0 {
		return p.Stage + ", held-out error " + summary.Percent(p.HeldOut)
	}
	return p.Stage
}
