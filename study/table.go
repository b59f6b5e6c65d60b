package study

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// Row is a run as named values, in the order of Columns: identity, settings, state and outcome. It holds nothing that
// depends on the machine or the time, so two ways to the same runs give the same table.
type Row []string

// Columns names the values of a Row.
func Columns() []string {
	columns := []string{"id"}
	for i := range keys.NumField() {
		columns = append(columns, key(i))
	}
	return append(columns, "state", "reason", "status", "train_loss", "train_final_mse", "held_back_mse", "test_mse",
		"relative_test", "effective_rank", "largest_norm", "stopped_at", "steps", "evaluations_used", "emergences")
}

// Row returns the values of a run. An unfinished run has none for its outcome.
func (r Run) Row() Row {
	row := Row{r.ID}
	settings := reflect.ValueOf(r.Settings)
	for i := range keys.NumField() {
		row = append(row, cell(settings.Field(i)))
	}
	row = append(row, r.State, r.Reason)
	if r.State != Done {
		return append(row, make(Row, len(Columns())-len(row))...)
	}
	o := r.Outcome
	var times []string
	for _, t := range o.Emergences {
		times = append(times, t.String())
	}
	return append(row, o.Status, o.TrainLoss.String(), o.TrainMSE.String(), o.HeldBackMSE.String(), o.TestMSE.String(),
		o.RelativeTest.String(), strconv.Itoa(o.Rank), o.LargestNorm.String(), o.FlowTime.String(),
		strconv.Itoa(o.Steps), strconv.Itoa(o.Evaluations), strings.Join(times, " "))
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
	out := csv.NewWriter(w)
	if err := out.Write(Columns()); err != nil {
		return err
	}
	for _, run := range runs {
		if err := out.Write(run.Row()); err != nil {
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

// Varied returns the columns in which runs differ, id first; the ones to show on a narrow page.
func Varied(runs []Run) []int {
	columns := Columns()
	varied := []int{0}
	if len(runs) == 0 {
		return varied
	}
	first := runs[0].Row()
	for c := 1; c < len(columns); c++ {
		for _, run := range runs[1:] {
			if run.Row()[c] != first[c] {
				varied = append(varied, c)
				break
			}
		}
	}
	return varied
}
