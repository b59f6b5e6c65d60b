package dataio

import (
	"bytes"
	"fmt"
)

// csvSource is the text of a table, long or wide.
type csvSource struct {
	path string
	data []byte // in UTF-8
	form
	columns
	numbers    *numbers
	filledDown int // labels that were taken from above
}

var byteOrderMark = []byte("\uFEFF")

// The formats of text with columns.
const (
	LongCSV Format = "long CSV" // a header, index columns and a value column
	WideCSV Format = "wide CSV" // a value column for every label of the last mode
)

func init() {
	register(kind{
		format: LongCSV, ending: ".csv", text: true, read: readCSV,
		takes:  takesText | takesColumns | takesGrid | takesDuplicates | takesLimits,
		detect: func(string, []byte) sureness { return readable },
	})
	register(kind{format: WideCSV, ending: ".csv", text: true, read: readCSV}) // as Options.Wide asks for
}

// readCSV reads a table in text.
func readCSV(path string, data []byte, o Options) (*Table, error) {
	if err := checkText(path, data); err != nil {
		return nil, err
	}
	text, coded := decode(bytes.TrimSuffix(data, []byte("\x1A"))) // the end of a file to DOS
	f, err := findForm(path, text, o)
	if err != nil {
		return nil, err
	}
	f.encoding = coded
	s := &csvSource{path: path, data: text, form: *f}
	return s.read("", o)
}

// read reads the table that lies in the source's form. A format of "" is long or wide CSV.
func (s *csvSource) read(format Format, o Options) (*Table, error) {
	if o.Comment == "" && !s.noHeader && s.skipsRule() {
		s.note("the line below the header is a rule, no row")
	}
	rows, whole := s.sampleRows()
	known := newSample(s.form.names, rows, whole)
	known.censored = o.Censored
	if err := s.checkHeader(known, o); err != nil && !s.station {
		return nil, err
	}
	if !s.noHeader && !s.station {
		var notes []string
		o, notes = known.acrossColumns(o, s.across)
		s.form.notes = append(s.form.notes, notes...)
	}
	return s.columns.readAs(s.path, s.headLine, known, o, func(o Options) (*Table, error) { return s.cells(format, o) })
}

// cells reads the rows, with the columns in their roles.
func (s *csvSource) cells(format Format, o Options) (*Table, error) {
	modes := make([]string, 0, len(s.index)+1)
	for _, k := range s.index {
		modes = append(modes, s.columns.names[k])
	}
	count := min(bytes.Count(s.data, []byte("\n"))+1, len(s.data)/(2*len(s.columns.names)-1)+1)
	perRow := 1
	if s.value < 0 {
		perRow = len(s.wide)
		modes = append(modes, s.last)
	}
	switch {
	case format != "":
	case s.value < 0:
		format = WideCSV
	default:
		format = LongCSV
	}
	table, ok, err := s.readDense(format, o, modes, count*perRow)
	if !ok {
		s.begin(o)
		b := s.newBuilder(o, modes, count*perRow)
		if err := s.eachCell(b); err != nil {
			return nil, err
		}
		table, err = b.table(format, s, s.numbers)
	}
	if err != nil {
		return nil, err
	}
	s.describe(table)
	table.Unused = append(table.Unused, s.unused(o)...)
	return table, s.checkAdded(s.path, s.headLine, !table.Complete())
}

// begin forgets what reading has found out about the cells.
func (s *csvSource) begin(o Options) {
	s.filledDown = 0
	s.numbers = newNumbers(o.Missing, s.between.char != ',' && s.between.also != ',')
	s.numbers.flags, s.numbers.decimal = o.Flags || s.station, decimalMark(o)
	s.numbers.censored = o.Censored
}

func (s *csvSource) newBuilder(o Options, modes []string, capacity int) *builder {
	b := newBuilder(s.path, o, modes, capacity)
	b.columns = &s.columns
	for _, k := range s.wide {
		b.newLabel(len(s.index), s.columns.names[k])
	}
	return b
}

// span0 tells the first and the last of some names.
func span0(names []string) string { return fmt.Sprintf("%q to %q", names[0], names[len(names)-1]) }

func decimalMark(o Options) byte {
	if o.Decimal == "" {
		return 0
	}
	return o.Decimal[0]
}

// describe tells how the text was read.
func (s *csvSource) describe(t *Table) {
	t.Reading.Separator, t.Reading.Encoding = s.between.name(), s.encoding.name
	t.Reading.Notes = append(append([]string{}, s.form.notes...), s.columns.notes...)
	if s.numbers.flagged > 0 {
		t.Reading.Notes = append(t.Reading.Notes, "flags are dropped from "+plural(s.numbers.flagged, "value"))
	}
}

// checkText refuses what is no text.
func checkText(path string, data []byte) error {
	sample := data[:min(len(data), 1<<16)]
	e := &Error{Path: path}
	switch {
	case bytes.HasPrefix(sample, []byte{0xFF, 0xFE}) || bytes.HasPrefix(sample, []byte{0xFE, 0xFF}), bareUTF16(sample) != nil:
		return nil
	case bytes.IndexByte(sample, 0) >= 0:
		e.Problem = "this is no text and no format that lacuna knows"
		e.Remedy = "give CSV, .tns, .npy, .npz, Parquet or MAT v5"
	case bytes.IndexByte(sample, '\r') >= 0 && bytes.IndexByte(sample, '\n') < 0:
		e.Problem, e.Remedy = "its lines end in carriage returns alone", "save it with line feeds"
	default:
		return checkMarkup(path, sample)
	}
	return e
}

// checkMarkup refuses text that is no table.
func checkMarkup(path string, sample []byte) error {
	start := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(sample[:min(len(sample), 1<<10)], byteOrderMark)))
	if list, ok := bytes.CutPrefix(start, []byte("[")); ok {
		start = append([]byte("["), bytes.TrimSpace(list)...)
	}
	const asCSV = "save the table as CSV"
	for _, markup := range []struct{ first, name, remedy string }{
		{"<!doctype html", "HTML", asCSV},
		{"<html", "HTML", asCSV},
		{"<table", "HTML", asCSV},
		{"<!--", "HTML or XML", asCSV},
		{"<style", "HTML", asCSV},
		{"<meta", "HTML", asCSV},
		{"<head", "HTML", asCSV},
		{"<?xml", "XML", asCSV},
		{"{", "JSON", asCSV},
		{"[{", "JSON", asCSV},
		{"[[", "JSON", asCSV},
		{"@relation", "ARFF", asCSV},
		{`\begin{`, "LaTeX", asCSV},
		{`\documentclass`, "LaTeX", asCSV},
		{"##fileformat=vcf", "VCF", asCSV},
		{
			"%%matrixmarket matrix coordinate", "a Matrix Market file",
			"take away its first lines, to the one of the sizes, and read the rest with --format tns",
		},
		{"%%matrixmarket", "a Matrix Market file", asCSV},
	} {
		if bytes.HasPrefix(start, []byte(markup.first)) {
			return &Error{Path: path, Problem: "this is " + markup.name, Remedy: markup.remedy}
		}
	}
	return nil
}

// line finds the line of the k-th observed value by reading the text again: it is asked for in messages alone.
func (s *csvSource) line(k int) int {
	r := s.records()
	for r.scan() {
		if s.isNoRow(r) {
			continue
		}
		for _, column := range s.valueColumns() {
			if !s.isGap(r, column) {
				if k == 0 {
					return r.line
				}
				k--
			}
		}
	}
	return 0
}

func (s *csvSource) isGap(r *records, column int) bool {
	_, gap, _ := s.numbers.parse(r.text(r.fields[column]))
	return gap
}
