package dataio

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"lacuna/internal/memory"
)

// parquetSource is a long table in Parquet: flat columns, some of them indices, one of them the value.
type parquetSource struct {
	path string
	file *parquet.File
	columns
	types   []parquet.Type
	labels  [][]parquet.Value // of every index column, as they are stored
	numbers *numbers
}

// Parquet is a table by columns.
const Parquet Format = "Parquet"

func init() {
	register(kind{
		format: Parquet, ending: ".parquet", takes: takesColumns | takesGrid | takesDuplicates, read: readParquet,
		detect: magic("PAR1"),
	})
}

// readParquet reads a table. The decoder is not ours and meets files that are damaged on purpose: its panics are
// reports of damage.
func readParquet(path string, data []byte, o Options) (table *Table, err error) {
	defer func() {
		if p := recover(); p != nil {
			table, err = nil, damagedParquet(path, p)
		}
	}()
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, damagedParquet(path, err)
	}
	s := &parquetSource{path: path, file: file, numbers: newNumbers(o.Missing, false)}
	var names []string
	for _, field := range file.Root().Fields() {
		if !field.Leaf() || field.Repeated() {
			return nil, &Error{
				Path: path, Column: field.Name(), Problem: "holds lists or groups", Remedy: "give a flat table: one row a cell",
			}
		}
		names = append(names, field.Name())
		s.types = append(s.types, field.Type())
	}
	known, err := s.sample(names)
	if err != nil {
		return nil, damagedParquet(path, err)
	}
	if s.columns, err = rolesOf(path, 0, known, o); err != nil {
		return nil, err
	}
	names = s.names
	if err := s.checkSize(o); err != nil {
		return nil, err
	}
	modes := make([]string, 0, len(s.index)+1)
	for _, k := range s.index {
		modes = append(modes, names[k])
	}
	s.labels = make([][]parquet.Value, len(names))
	if s.value < 0 {
		modes = append(modes, s.last)
	}
	// The count of rows is the file's own word: it does not decide how much is allocated.
	b := newBuilder(path, o, modes, min(int(file.NumRows()), 64*len(data))*len(s.valueColumns()))
	b.columns = &s.columns
	for _, k := range s.wide {
		b.newLabel(len(s.index), names[k])
	}
	cell := make([]int32, len(modes))
	var text []byte
	err = s.eachRow(len(names), func(number int, row parquet.Row) error {
		for n, k := range s.index {
			if row[k].IsNull() {
				return &Error{
					Path: path, Column: names[k], Problem: fmt.Sprintf("row %d: the label is null", number),
					Remedy: "give the row a label, or remove it",
				}
			}
			text = appendLabel(text[:0], row[k], s.types[k])
			cell[n] = b.label(n, bytes.TrimSpace(text))
			if int(cell[n]) == len(s.labels[k]) {
				s.labels[k] = append(s.labels[k], row[k].Clone())
			}
		}
		for i, k := range s.valueColumns() {
			if s.value < 0 {
				cell[len(cell)-1] = int32(i)
			}
			value, gap, problem := s.parse(row[k], k)
			switch {
			case problem != "":
				return &Error{
					Path: path, Column: names[k], Value: row[k].String(), Problem: fmt.Sprintf("in row %d %s", number, problem),
					Remedy: strings.Replace(numberRemedies[problem], "leave the value empty", "make it null", 1),
				}
			case gap:
				b.gap(cell)
			default:
				b.observe(cell, value)
			}
		}
		return nil
	})
	if err != nil {
		if _, ours := err.(*Error); ours {
			return nil, s.withProposal(err)
		}
		return nil, damagedParquet(path, err)
	}
	if table, err = b.table(Parquet, s, s.numbers); err != nil {
		return nil, s.withProposal(err)
	}
	table.Reading.Notes = s.notes
	return table, s.checkAdded(path, 0, !table.Complete())
}

// sample is the first rows in words.
func (s *parquetSource) sample(names []string) (*sample, error) {
	const most = 5000
	var rows [][]string
	enough := fmt.Errorf("enough rows")
	err := s.eachRow(len(names), func(_ int, row parquet.Row) error {
		texts := make([]string, len(names))
		for k, v := range row {
			if !v.IsNull() {
				texts[k] = string(bytes.TrimSpace(appendLabel(nil, v, s.types[k])))
			}
		}
		if rows = append(rows, texts); len(rows) == most {
			return enough
		}
		return nil
	})
	if err != nil && err != enough {
		return nil, err
	}
	return newSample(names, rows, err == nil), nil
}

func damagedParquet(path string, what any) error {
	return &Error{Path: path, Problem: fmt.Sprintf("the Parquet file cannot be read (%v)", what), Remedy: "write it again"}
}

// checkSize estimates the memory from what the file tells of itself.
func (s *parquetSource) checkSize(o Options) error {
	budget := o.Memory
	if budget == 0 {
		budget = memory.Available()
	}
	size := float64(s.file.NumRows()) * float64(8+4*len(s.index))
	if budget > 0 && size*memoryPerByte > budget {
		return tooBig(s.path, size, budget)
	}
	return nil
}

// eachRow visits the rows, numbered from 1. A row belongs to visit until it returns.
func (s *parquetSource) eachRow(columns int, visit func(number int, row parquet.Row) error) error {
	number := 0
	for _, group := range s.file.RowGroups() {
		if err := s.eachRowOf(group, columns, &number, visit); err != nil {
			return err
		}
	}
	return nil
}

func (s *parquetSource) eachRowOf(
	group parquet.RowGroup, columns int, number *int, visit func(int, parquet.Row) error,
) error {
	rows := group.Rows()
	defer rows.Close()
	batch := make([]parquet.Row, 256)
	for {
		n, err := rows.ReadRows(batch)
		for _, row := range batch[:n] {
			*number++
			if len(row) != columns {
				return fmt.Errorf("row %d has %d values", *number, len(row))
			}
			if err := visit(*number, row); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// parse reads a value of a value column, as numbers.parse does.
func (s *parquetSource) parse(v parquet.Value, column int) (value float64, gap bool, problem string) {
	if v.IsNull() {
		return 0, true, ""
	}
	switch v.Kind() {
	case parquet.Int32:
		value = float64(v.Int32())
	case parquet.Int64:
		value = float64(v.Int64())
	case parquet.Float:
		value = float64(v.Float())
	case parquet.Double:
		value = v.Double()
	case parquet.ByteArray:
		return s.numbers.parse(bytes.TrimSpace(v.ByteArray()))
	default:
		return 0, false, notANumber
	}
	if logical := s.types[column].LogicalType(); logical != nil {
		if _, isInteger := logical.Value.(*format.IntType); !isInteger {
			return 0, false, notANumber
		}
	}
	switch {
	case s.numbers.isMissing(value):
		return 0, true, ""
	case math.IsInf(value, 0):
		return 0, false, notFinite
	case math.Abs(value) > largest:
		return 0, false, tooLarge
	}
	return value, false, ""
}

// appendLabel spells an index for people.
func appendLabel(out []byte, v parquet.Value, t parquet.Type) []byte {
	var logical any
	if l := t.LogicalType(); l != nil {
		logical = l.Value
	}
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(out, v.Boolean())
	case parquet.Int32:
		if _, ok := logical.(*format.DateType); ok {
			return time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(out, time.DateOnly)
		}
		return strconv.AppendInt(out, int64(v.Int32()), 10)
	case parquet.Int64:
		if stamp, ok := logical.(*format.TimestampType); ok {
			return timeOf(v.Int64(), stamp).AppendFormat(out, time.RFC3339Nano)
		}
		return strconv.AppendInt(out, v.Int64(), 10)
	case parquet.Float:
		return strconv.AppendFloat(out, float64(v.Float()), 'g', -1, 32)
	case parquet.Double:
		return strconv.AppendFloat(out, v.Double(), 'g', -1, 64)
	case parquet.ByteArray:
		return append(out, v.ByteArray()...)
	}
	return append(out, v.String()...)
}

func timeOf(count int64, stamp *format.TimestampType) time.Time {
	switch stamp.Unit.Value.(type) {
	case *format.MilliSeconds:
		return time.UnixMilli(count).UTC()
	case *format.MicroSeconds:
		return time.UnixMicro(count).UTC()
	}
	return time.Unix(0, count).UTC()
}

func (s *parquetSource) line(int) int { return 0 }
