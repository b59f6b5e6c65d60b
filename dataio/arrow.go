//go:build !js

package dataio

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Arrow is a table in a file of Arrow's interprocess format, which Feather is too.
const Arrow Format = "Arrow"

func init() {
	register(kind{
		format: Arrow, ending: ".arrow", also: ".feather", takes: takesColumns | takesGrid | takesDuplicates | takesLimits,
		read: readArrow, detect: magic("ARROW1"),
	})
}

// arrowSource is a table in batches of rows.
type arrowSource struct {
	path   string
	schema *arrow.Schema
	columns
	batches []arrow.RecordBatch
	stored  [][]arrowPlace // the rows with the labels of every index column
	numbers *numbers
	pandas  pandas
	at      arrowPlace // the row on which it stands
}

// arrowPlace is a row.
type arrowPlace struct{ batch, row int }

// readArrow reads a table. The decoder is not ours and meets files that are damaged on purpose: its panics are reports
// of damage.
func readArrow(path string, data []byte, o Options) (table *Table, err error) {
	limit := &limitedAllocator{left: max(1<<20, 1000*float64(len(data)))}
	if budget := budgetOf(o.Memory); budget > 0 {
		limit.left = min(limit.left, budget/memoryPerByte)
	}
	budget := limit.left
	defer func() {
		if p := recover(); p != nil {
			err = damagedArrow(path, p)
		}
		if err != nil && limit.left < 0 {
			err = tooBig(path, budget-limit.left, budgetOf(o.Memory))
		}
		if err != nil {
			table = nil
		}
	}()
	if err := checkArrowFile(data); err == errNested {
		return nil, &Error{Path: path, Problem: err.Error(), Remedy: "give a flat table: one row a cell"}
	} else if err != nil {
		return nil, damagedArrow(path, err)
	}
	file, err := ipc.NewFileReader(bytes.NewReader(data), ipc.WithAllocator(limit),
		ipc.WithBodySizeLimit(int64(len(data))), ipc.WithMetadataSizeLimit(int64(len(data))))
	if err != nil {
		return nil, damagedArrow(path, err)
	}
	s := &arrowSource{path: path, schema: file.Schema()}
	var names []string
	for _, field := range s.schema.Fields() {
		names = append(names, field.Name)
		if scale, most := decimalPlaces(field.Type), 76; scale < -most || scale > most {
			return nil, damagedArrow(path, fmt.Sprintf("column %q has numbers of %d decimals", shorten(field.Name), scale))
		}
	}
	rows := 0
	for k := range file.NumRecords() {
		batch, err := file.RecordBatchAt(k)
		if err != nil {
			return nil, damagedArrow(path, err)
		}
		s.batches = append(s.batches, batch)
		rows += int(batch.NumRows())
	}
	if len(names) == 0 || rows > 64*len(data) {
		return nil, damagedArrow(path, fmt.Sprintf("%d columns and %d rows", len(names), rows))
	}
	known, err := sampleRows(s, names, o.Censored)
	if err != nil {
		return nil, err
	}
	if text, ok := s.schema.Metadata().GetValue(pandasKey); ok {
		s.pandas = parsePandas(text)
	}
	s.pandas.mark(known)
	o, across := known.acrossColumns(o, "")
	return s.columns.readAs(path, 0, known, o, func(o Options) (*Table, error) {
		s.notes = append(s.notes, across...)
		s.stored, s.numbers = make([][]arrowPlace, len(names)), newNumbers(o.Missing, false)
		s.numbers.censored = o.Censored
		return readRows(path, Arrow, s, &s.columns, s.numbers, o, rows, "make it null")
	})
}

// decimalPlaces is how many digits of a decimal stand behind its mark; 0 for another type.
func decimalPlaces(t arrow.DataType) int {
	if category, ok := t.(*arrow.DictionaryType); ok {
		t = category.ValueType
	}
	if decimal, ok := t.(arrow.DecimalType); ok {
		return int(decimal.GetScale())
	}
	return 0
}

func damagedArrow(path string, what any) error {
	text := string(bytes.ReplaceAll(fmt.Append(nil, what), []byte("\n"), []byte(" ")))
	return &Error{Path: path, Problem: "the Arrow file cannot be read (" + text + ")", Remedy: "write it again"}
}

// limitedAllocator panics instead of taking more than so many bytes.
type limitedAllocator struct {
	memory.GoAllocator
	left float64
}

func (a *limitedAllocator) Allocate(size int) []byte {
	if a.left -= float64(size); a.left < 0 || size < 0 {
		panic("it needs more memory than there is")
	}
	return a.GoAllocator.Allocate(size)
}

func (a *limitedAllocator) Reallocate(size int, b []byte) []byte {
	if a.left -= float64(size - len(b)); a.left < 0 || size < 0 {
		panic("it needs more memory than there is")
	}
	return a.GoAllocator.Reallocate(size, b)
}

func (s *arrowSource) line(int) int { return 0 }

func (s *arrowSource) eachRow(visit func(number int) error) error {
	number := 0
	for b, batch := range s.batches {
		for row := range int(batch.NumRows()) {
			s.at = arrowPlace{b, row}
			number++
			if err := visit(number); err != nil {
				return err
			}
		}
	}
	return nil
}

// array is a column of the batch on which it stands.
func (s *arrowSource) array(column int) arrow.Array { return s.batches[s.at.batch].Column(column) }

func (s *arrowSource) isNull(column int) bool {
	a := s.array(column)
	return a.DataType().ID() == arrow.NULL || a.IsNull(s.at.row)
}

func (s *arrowSource) keep(column int) { s.stored[column] = append(s.stored[column], s.at) }

func (s *arrowSource) appendText(out []byte, column int) []byte {
	return appendArrow(out, s.array(column), s.at.row)
}

// appendArrow spells an element.
func appendArrow(out []byte, column arrow.Array, row int) []byte {
	switch a := column.(type) {
	case *array.Dictionary:
		return appendArrow(out, a.Dictionary(), a.GetValueIndex(row))
	case *array.Date32:
		return a.Value(row).ToTime().AppendFormat(out, time.DateOnly)
	case *array.Date64:
		return a.Value(row).ToTime().AppendFormat(out, time.DateOnly)
	case *array.Timestamp:
		unit := a.DataType().(*arrow.TimestampType).Unit
		return a.Value(row).ToTime(unit).AppendFormat(out, time.RFC3339Nano)
	case *array.Float32:
		return strconv.AppendFloat(out, float64(a.Value(row)), 'g', -1, 32)
	case *array.Float64:
		return strconv.AppendFloat(out, a.Value(row), 'g', -1, 64)
	}
	return append(out, column.ValueStr(row)...)
}

func (s *arrowSource) number(column int) (value float64, gap bool, problem string) {
	if s.isNull(column) {
		return 0, true, ""
	}
	row := s.at.row
	switch a := s.array(column).(type) {
	case *array.Float16:
		value = float64(a.Value(row).Float32())
	case *array.Float32:
		value = float64(a.Value(row))
	case *array.Float64:
		value = a.Value(row)
	case *array.Int8:
		value = float64(a.Value(row))
	case *array.Int16:
		value = float64(a.Value(row))
	case *array.Int32:
		value = float64(a.Value(row))
	case *array.Int64:
		value = float64(a.Value(row))
	case *array.Uint8:
		value = float64(a.Value(row))
	case *array.Uint16:
		value = float64(a.Value(row))
	case *array.Uint32:
		value = float64(a.Value(row))
	case *array.Uint64:
		value = float64(a.Value(row))
	case *array.String, *array.LargeString, *array.Dictionary, *array.Decimal128, *array.Decimal256:
		return s.numbers.parse(bytes.TrimSpace(s.appendText(nil, column)))
	default:
		return 0, false, notANumber
	}
	return s.numbers.check(value)
}
