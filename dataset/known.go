package dataset

import (
	"fmt"

	"lacuna/dataio"
	"lacuna/tensor"
)

// Load reads the known cells of a long CSV (gzipped or not) whose columns before the one called value are the indices.
// Further columns are not read. Without such a column all but the last column are indices, as for dataio.Read.
func Load(path string) (*tensor.Observed, error) {
	o, err := valueOptions(path)
	if err != nil {
		return nil, err
	}
	table, err := dataio.Read(path, o)
	if err != nil {
		return nil, err
	}
	return table.Observed(), nil
}

func valueOptions(path string) (o dataio.Options, err error) {
	header, err := dataio.Header(path)
	if err != nil {
		return o, err
	}
	for k, name := range header {
		if name == "value" && k >= 2 {
			return dataio.Options{Index: header[:k], Value: name}, nil
		}
	}
	return o, nil
}

// Masked reads a completely known table with a column of uniform numbers, and hides cells by it: those with a number
// below share are observed, the others held out.
func Masked(path, maskColumn string, share float64) (observed, heldOut *tensor.Observed, err error) {
	cells, numbers, err := withNumbers(path, maskColumn)
	if err != nil {
		return nil, nil, err
	}
	observed, heldOut = cells.Partition(func(c int) bool { return numbers[c] < share })
	return observed, heldOut, nil
}

// withNumbers reads a completely known table and the number of each of its cells in a further column.
func withNumbers(path, column string) (cells *tensor.Observed, numbers []float64, err error) {
	o, err := valueOptions(path)
	if err != nil {
		return nil, nil, err
	}
	if o.Value == "" {
		return nil, nil, &dataio.Error{
			Path: path, Problem: "there is no column called value", Remedy: "name the value column so, behind the index columns",
		}
	}
	values, err := dataio.Read(path, o)
	if err != nil {
		return nil, nil, err
	}
	o.Value = column
	others, err := dataio.Read(path, o)
	if err != nil {
		return nil, nil, err
	}
	if others.Known() != values.Known() {
		return nil, nil, &dataio.Error{
			Path: path, Column: column, Remedy: "give one for each",
			Problem: fmt.Sprintf("%d numbers for %d known cells", others.Known(), values.Known()),
		}
	}
	return values.Observed(), others.Observed().Values, nil
}
