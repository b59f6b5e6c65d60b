package accuracy

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"lacuna/tensor"
)

// Dataset is a completely known table with fixed masks: a long CSV, one row a known cell, with the index columns
// first, then value, then columns of uniform numbers. Under mask u at share f the cells with u < f are observed.
type Dataset struct {
	Name  string
	Cells *tensor.Observed
	Masks map[string][]float64 // by column name, one number a cell of Cells
}

// Load reads a data set from FILE.csv or FILE.csv.gz.
func Load(path string) (*Dataset, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var source io.Reader = file
	name := filepath.Base(path)
	if strings.HasSuffix(name, ".gz") {
		unzipped, err := gzip.NewReader(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		source, name = unzipped, strings.TrimSuffix(name, ".gz")
	}
	rows, err := csv.NewReader(source).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	set, err := parse(rows)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	set.Name = strings.TrimSuffix(name, ".csv")
	return set, nil
}

func parse(rows [][]string) (*Dataset, error) {
	if len(rows) < 2 {
		return nil, fmt.Errorf("no rows below the header")
	}
	header, rows := rows[0], rows[1:]
	order := 0
	for order < len(header) && header[order] != "value" {
		order++
	}
	if order == len(header) {
		return nil, fmt.Errorf("line 1: no column called value")
	}
	numbers := make([][]float64, len(header)-order)
	for k := range numbers {
		numbers[k] = make([]float64, len(rows))
		for c, row := range rows {
			v, err := strconv.ParseFloat(row[order+k], 64)
			if err != nil {
				return nil, fmt.Errorf("line %d: column %s: %q is no number", c+2, header[order+k], row[order+k])
			}
			numbers[k][c] = v
		}
	}
	modes := make([]tensor.Mode, order)
	index := make([][]int32, order)
	for n := range modes {
		modes[n].Name = header[n]
		index[n] = indexLabels(&modes[n], rows, n)
	}
	positions := canonical(index)
	set := &Dataset{Masks: map[string][]float64{}}
	sorted := (&tensor.Observed{Modes: modes, Index: index, Values: numbers[0]}).Subset(positions)
	cells, err := tensor.NewObserved(modes, sorted.Index, sorted.Values)
	if err != nil {
		return nil, err
	}
	set.Cells = cells
	for k, column := range numbers[1:] {
		mask := make([]float64, len(positions))
		for i, c := range positions {
			mask[i] = column[c]
		}
		set.Masks[header[order+1+k]] = mask
	}
	return set, nil
}

// indexLabels numbers the labels of column n in order of appearance.
func indexLabels(mode *tensor.Mode, rows [][]string, n int) []int32 {
	number := map[string]int32{}
	column := make([]int32, len(rows))
	for c, row := range rows {
		i, known := number[row[n]]
		if !known {
			i = int32(len(mode.Labels))
			number[row[n]] = i
			mode.Labels = append(mode.Labels, row[n])
		}
		column[c] = i
	}
	return column
}

func canonical(index [][]int32) []int {
	positions := make([]int, len(index[0]))
	for c := range positions {
		positions[c] = c
	}
	sort.Slice(positions, func(a, b int) bool {
		for _, column := range index {
			if d := column[positions[a]] - column[positions[b]]; d != 0 {
				return d < 0
			}
		}
		return false
	})
	return positions
}

// At returns the observed and the held-out cells of a mask at a share.
func (d *Dataset) At(mask string, share float64) (observed, held *tensor.Observed) {
	u := d.Masks[mask]
	return d.Cells.Partition(func(c int) bool { return u[c] < share })
}

// Peer is a published or measured score of one method in one cell.
type Peer struct {
	Dataset  string
	Observed float64
	Mask     string
	Method   string
	NRMSE    float64
}

// LoadPeers reads peers.csv: dataset, observed, mask, method, kind, nrmse, … A row without nrmse is a failure and is
// left out.
func LoadPeers(path string) ([]Peer, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: empty", path)
	}
	column := map[string]int{}
	for k, name := range rows[0] {
		column[name] = k
	}
	for _, name := range []string{"dataset", "observed", "mask", "method", "nrmse"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("%s:1: no column called %s", path, name)
		}
	}
	var peers []Peer
	for line, row := range rows[1:] {
		if row[column["nrmse"]] == "" {
			continue
		}
		p := Peer{Dataset: row[column["dataset"]], Mask: row[column["mask"]], Method: row[column["method"]]}
		var errShare, errScore error
		p.Observed, errShare = strconv.ParseFloat(row[column["observed"]], 64)
		p.NRMSE, errScore = strconv.ParseFloat(row[column["nrmse"]], 64)
		if errShare != nil || errScore != nil {
			return nil, fmt.Errorf("%s:%d: observed %q or nrmse %q is no number", path, line+2, row[column["observed"]], row[column["nrmse"]])
		}
		peers = append(peers, p)
	}
	return peers, nil
}
