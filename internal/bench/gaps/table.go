package gaps

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lacuna/dataset"
	"lacuna/tensor"
)

// table is a completely known long CSV in the order of its rows, with labels numbered as they first appear: the order
// in which cells are hidden, and the one that simple methods see.
type table struct {
	name  string
	index [][]int // index[n][row]
	sizes []int
	value []float64

	ordered int // the mode that is ordered, as time is
	units   int // the mode whose labels have units of their own; −1: none

	cells *tensor.Observed // the same cells as a user's file gives them
	row   []int            // of each of cells
}

// orderedMode names the mode that is ordered where it is not the first.
var orderedMode = map[string]int{"amino": 1, "birmingham": 1, "il2": 1}

// load reads name.csv or name.csv.gz: index columns, then one called value.
func load(dir, name string) (*table, error) {
	path := filepath.Join(dir, name+".csv")
	if _, err := os.Stat(path); err != nil {
		path += ".gz"
	}
	rows, err := readCSV(path)
	if err != nil {
		return nil, err
	}
	order := slices.Index(rows[0], "value")
	if order < 3 {
		return nil, fmt.Errorf("%s:1: give at least three index columns, and behind them one called value", path)
	}
	t := &table{
		name: name, index: make([][]int, order), sizes: make([]int, order), value: make([]float64, len(rows)-1),
		ordered: orderedMode[name], units: slices.Index(rows[0][:order], "variable"),
	}
	numbers := make([]map[string]int, order)
	rowOf := make(map[string]int, len(t.value))
	for n := range numbers {
		numbers[n], t.index[n] = map[string]int{}, make([]int, len(t.value))
	}
	for k, row := range rows[1:] {
		if t.value[k], err = strconv.ParseFloat(row[order], 64); err != nil {
			return nil, fmt.Errorf("%s:%d: value %q is no number: the benchmark needs tables without gaps",
				path, k+2, row[order])
		}
		for n, label := range row[:order] {
			if _, ok := numbers[n][label]; !ok {
				numbers[n][label] = len(numbers[n])
			}
			t.index[n][k] = numbers[n][label]
		}
		rowOf[strings.Join(row[:order], "\x00")] = k
	}
	for n := range numbers {
		t.sizes[n] = len(numbers[n])
	}
	if t.sizes[t.ordered] < 3 {
		return nil, fmt.Errorf("%s: column %s has %d labels: gaps along it need at least three",
			path, rows[0][t.ordered], t.sizes[t.ordered])
	}
	if t.cells, err = dataset.Load(path); err != nil {
		return nil, err
	}
	labels := make([]string, order)
	for c := range t.cells.Values {
		for n, mode := range t.cells.Modes {
			labels[n] = mode.Labels[t.cells.Index[n][c]]
		}
		k, ok := rowOf[strings.Join(labels, "\x00")]
		if !ok {
			return nil, fmt.Errorf("%s: no row has the labels %s: write labels without spaces around them",
				path, strings.Join(labels, ", "))
		}
		t.row = append(t.row, k)
	}
	return t, nil
}

// others are the modes beside the ordered one.
func (t *table) others() []int {
	var modes []int
	for n := range t.index {
		if n != t.ordered {
			modes = append(modes, n)
		}
	}
	return modes
}

// groups are the numbers of the groups of rows whose values have one unit.
func (t *table) groups() []int {
	if t.units < 0 {
		return make([]int, len(t.value))
	}
	return t.index[t.units]
}

// key numbers the combinations of the labels of some modes, below count.
func (t *table) key(modes ...int) (key []int, count int) {
	key, count = make([]int, len(t.value)), 1
	for _, n := range modes {
		for k, i := range t.index[n] {
			key[k] = key[k]*t.sizes[n] + i
		}
		count *= t.sizes[n]
	}
	return key, count
}

// readCSV reads a file, gzipped where its name says so, with a header and at least one row.
func readCSV(path string) ([][]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var content io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if content, err = gzip.NewReader(file); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	rows, err := csv.NewReader(content).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) < 2 {
		return nil, fmt.Errorf("%s: there is no row behind the header", path)
	}
	return rows, nil
}
