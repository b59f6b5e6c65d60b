//go:build !js

package dataio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

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
	stored  [][]parquet.Value // the labels of every index column, as they are stored
	numbers *numbers
	palette *palette
	pandas  pandas
	row     parquet.Row // on which it stands
}

// Parquet is a table by columns.
const Parquet Format = "Parquet"

func init() {
	register(kind{
		format: Parquet, ending: ".parquet", takes: takesColumns | takesGrid | takesDuplicates | takesLimits, read: readParquet,
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
	// The library makes room for as long a footer as is claimed.
	const around = 12 // the mark at both ends, and the length of the footer
	if len(data) < around || int64(binary.LittleEndian.Uint32(data[len(data)-8:])) > int64(len(data)-around) {
		return nil, damagedParquet(path, "its footer is cut off")
	}
	footer := data[len(data)-8-int(binary.LittleEndian.Uint32(data[len(data)-8:])) : len(data)-8]
	if err := checkThrift(footer); err != nil {
		return nil, damagedParquet(path, err)
	}
	// Indices of pages and filters are for searching.
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)),
		parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, damagedParquet(path, err)
	}
	s := &parquetSource{path: path, file: file}
	var names []string
	var optional []bool
	for _, field := range file.Root().Fields() {
		if !field.Leaf() || field.Repeated() {
			return nil, &Error{
				Path: path, Column: field.Name(), Problem: "holds lists or groups", Remedy: "give a flat table: one row a cell",
			}
		}
		names, optional = append(names, field.Name()), append(optional, field.Optional())
		s.types = append(s.types, field.Type())
	}
	if err := checkParquetPages(file, data, optional); err != nil {
		return nil, damagedParquet(path, err)
	}
	known, err := sampleRows(s, names, o.Censored)
	if err != nil {
		return nil, damagedParquet(path, err)
	}
	s.pandas = findPandas(file)
	s.pandas.mark(known)
	// The count of rows is the file's own word: it does not decide how much is allocated.
	capacity := min(int(file.NumRows()), 64*len(data))
	table, err = s.columns.readAs(path, 0, known, o, func(o Options) (*Table, error) {
		if err := s.checkSize(o); err != nil {
			return nil, err
		}
		begin := func() {
			s.stored, s.numbers = make([][]parquet.Value, len(names)), newNumbers(o.Missing, false)
			s.numbers.censored = o.Censored
		}
		begin()
		if table, ok, err := s.readDense(o); ok {
			return table, err
		}
		begin()
		return readRows(path, Parquet, s, &s.columns, s.numbers, o, capacity, "make it null")
	})
	if e := new(Error); err != nil && !errors.As(err, &e) {
		return nil, damagedParquet(path, err)
	}
	return table, err
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

func (s *parquetSource) eachRow(visit func(number int) error) error {
	number := 0
	for _, group := range s.file.RowGroups() {
		if err := s.eachRowOf(group, &number, visit); err != nil {
			return err
		}
	}
	return nil
}

func (s *parquetSource) eachRowOf(group parquet.RowGroup, number *int, visit func(int) error) error {
	rows := group.Rows()
	defer rows.Close()
	batch := make([]parquet.Row, 256)
	for {
		n, err := rows.ReadRows(batch)
		for _, row := range batch[:n] {
			*number++
			if len(row) != len(s.types) {
				return fmt.Errorf("row %d has %d values", *number, len(row))
			}
			s.row = row
			if err := visit(*number); err != nil {
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

func (s *parquetSource) isNull(column int) bool { return s.row[column].IsNull() }

func (s *parquetSource) appendText(out []byte, column int) []byte {
	return appendLabel(out, s.row[column], s.types[column])
}

func (s *parquetSource) keep(column int) {
	s.stored[column] = append(s.stored[column], s.row[column].Clone())
}

func (s *parquetSource) number(column int) (value float64, gap bool, problem string) {
	return s.numberOf(s.row[column], column)
}

// numberOf is what a value of a column is.
func (s *parquetSource) numberOf(v parquet.Value, column int) (value float64, gap bool, problem string) {
	if v.IsNull() {
		return 0, true, ""
	}
	if scale, ok := decimalScale(s.types[column]); ok {
		value, err := strconv.ParseFloat(string(appendDecimal(nil, v, scale)), 64)
		if err != nil {
			return 0, false, notANumber
		}
		return s.numbers.check(value)
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
	return s.numbers.check(value)
}

func (s *parquetSource) line(int) int { return 0 }
