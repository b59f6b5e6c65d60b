package study

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"lacuna/experiment"
)

// Row is a run as named values: identity, settings, state and outcome. It holds nothing that depends on the machine or
// the time, so two ways to the same runs give the same table.
type Row []string

// Table returns the names of the columns, and the values of every run. The settings come in the order of Settings, a
// later one only where a run sets it; what was measured beside (experiment.Measurements) stands last. An unfinished run has no values for its outcome.
func Table(runs []Run) (columns []string, rows []Row) {
	columns = []string{"id"}
	var shown []experiment.Key
	for _, k := range keys {
		set := func(run Run) bool { return !reflect.ValueOf(run.Settings).FieldByIndex(k.Field.Index).IsZero() }
		if !k.Later || slices.ContainsFunc(runs, set) {
			columns, shown = append(columns, k.Saved), append(shown, k)
		}
	}
	columns = append(columns, "state", "reason", "status", "train_loss", "train_final_mse", "held_back_mse", "test_mse",
		"relative_test", "effective_rank", "largest_norm", "stopped_at", "steps", "evaluations_used", "emergences")
	type entry struct {
		name string
		i    int
	}
	var measured []entry
	for _, list := range experiment.Measurements() {
		length := 0
		for _, run := range runs {
			length = max(length, len(run.Outcome.Measured[list.Name]))
		}
		for i := range length {
			measured = append(measured, entry{list.Name, i})
			columns = append(columns, list.Name+"_"+strconv.Itoa(i+1))
		}
	}
	for _, run := range runs {
		row := Row{run.ID}
		for _, k := range shown {
			row = append(row, cell(reflect.ValueOf(run.Settings).FieldByIndex(k.Field.Index)))
		}
		row = append(row, run.State, run.Reason)
		if run.State == Done {
			row = append(row, run.Outcome.cells()...)
			for _, e := range measured {
				text := ""
				if values := run.Outcome.Measured[e.name]; e.i < len(values) {
					text = values[e.i].String()
				}
				row = append(row, text)
			}
		}
		rows = append(rows, append(row, make(Row, len(columns)-len(row))...))
	}
	return columns, rows
}

func (o Outcome) cells() Row {
	var times []string
	for _, t := range o.Emergences {
		times = append(times, t.String())
	}
	return Row{
		o.Status, o.TrainLoss.String(), o.TrainMSE.String(), o.HeldBackMSE.String(), o.TestMSE.String(),
		o.RelativeTest.String(),
		strconv.Itoa(o.Rank), o.LargestNorm.String(), o.FlowTime.String(), strconv.Itoa(o.Steps), strconv.Itoa(o.Evaluations),
		strings.Join(times, " "),
	}
}

func cell(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case Number:
		return x.String()
	case Depths:
		return x.String()
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case int:
		return strconv.Itoa(x)
	case uint64:
		return strconv.FormatUint(x, 10)
	}
	panic("study: a setting has a type without a text")
}

// WriteCSV writes runs as a table with one line a run.
func WriteCSV(w io.Writer, runs []Run) error {
	columns, rows := Table(runs)
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	for _, row := range rows {
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// WriteJSON writes runs as an array of objects, with version, machine and times.
func WriteJSON(w io.Writer, runs []Run) error {
	if runs == nil {
		runs = []Run{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(runs)
}

// Varied returns the columns in which the rows of a table differ, the first in any case; the ones to show on a narrow
// page.
func Varied(rows []Row) []int {
	varied := []int{0}
	if len(rows) == 0 {
		return varied
	}
	for c := 1; c < len(rows[0]); c++ {
		if slices.ContainsFunc(rows, func(row Row) bool { return row[c] != rows[0][c] }) {
			varied = append(varied, c)
		}
	}
	return varied
}
