package study

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"lacuna/dataio"
	"lacuna/dataset"
	"lacuna/tensor"
)

// Data finds and keeps the data of runs. Its zero value knows synthetic tensors and files. It is safe for concurrent use.
type Data struct {
	Dir string // where the tables of the real data sets lie: meteo_uk.csv and ccds_p17.csv, gzipped or not

	mu   sync.Mutex
	kept map[string]known
}

// known is a tensor and, for every cell, the number that decides whether it is observed; nil if there is none.
type known struct {
	cells *tensor.Observed
	mask  []float64
}

// ErrNoData is wrapped by the errors about data sets that are not on this machine.
var ErrNoData = errors.New("the data are not here")

// files of the named data sets.
var files = map[string]string{"meteo-uk": "meteo_uk.csv", "ccds": "ccds_p17.csv"}

// Find returns the path of the table of a named data set, or an error that wraps ErrNoData and says how to get it.
func (d *Data) Find(name string) (string, error) {
	for _, ending := range []string{"", ".gz"} {
		if path := filepath.Join(d.Dir, files[name]+ending); d.Dir != "" {
			if _, err := os.Stat(path); err == nil {
				return path, nil
			}
		}
	}
	advice := "fetch it with `lacuna data fetch meteo-uk`, or"
	if name == "ccds" {
		advice = "it has no licence and cannot be fetched;"
	}
	return "", fmt.Errorf("study: %s: %w: %s give the directory that holds %s", name, ErrNoData, advice, files[name])
}

// load returns the data of a run, from memory if it can.
func (d *Data) load(s Settings) (*tensor.Observed, []float64, error) {
	name := strings.Join([]string{s.Data, fmt.Sprint(s.DataSeed), s.Shape, fmt.Sprint(s.Rank), s.Noise.String(), s.MaskColumn}, "|")
	d.mu.Lock()
	defer d.mu.Unlock()
	if k, ok := d.kept[name]; ok {
		return k.cells, k.mask, nil
	}
	k, err := d.read(s)
	if err != nil {
		return nil, nil, err
	}
	if d.kept == nil {
		d.kept = map[string]known{}
	}
	d.kept[name] = k
	return k.cells, k.mask, nil
}

func (d *Data) read(s Settings) (known, error) {
	if s.Data == "synthetic" {
		shape, err := ParseShape(s.Shape)
		if err != nil {
			return known{}, err
		}
		if s.MaskColumn != "" {
			return known{}, errors.New("study: a synthetic tensor has no mask column")
		}
		return known{cells: dataset.Synthetic(shape, s.Rank, float64(s.Noise), s.DataSeed)}, nil
	}
	path := s.Data
	if files[s.Data] != "" {
		var err error
		if path, err = d.Find(s.Data); err != nil {
			return known{}, err
		}
	} else if s.DataSum != "" {
		sum, err := fileSum(path)
		if err != nil {
			return known{}, err
		}
		if sum != s.DataSum {
			return known{}, fmt.Errorf("study: %s has changed since the study was made", path)
		}
	}
	return readTable(path, s.MaskColumn)
}

// readTable reads a table whose columns before one called value are the indices. A file without a column of that name
// is read as package dataio reads it.
func readTable(path, maskColumn string) (known, error) {
	var o dataio.Options
	header, err := readHeader(path)
	if err != nil {
		return known{}, err
	}
	for n, name := range header {
		if name == "value" && n >= 2 {
			o.Index, o.Value = header[:n], name
		}
	}
	table, err := dataio.Read(path, o)
	if err != nil {
		return known{}, err
	}
	if maskColumn == "" {
		return known{cells: table.Observed}, nil
	}
	o.Value = maskColumn
	masks, err := dataio.Read(path, o)
	if err != nil {
		return known{}, err
	}
	if masks.Observed.Len() != table.Observed.Len() {
		return known{}, fmt.Errorf("study: %s: column %s has %d numbers for %d known cells", path, maskColumn, masks.Observed.Len(), table.Observed.Len())
	}
	return known{table.Observed, masks.Observed.Values}, nil
}

// readHeader returns the names in the first line of a CSV.
func readHeader(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var source io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if source, err = gzip.NewReader(file); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	line, err := bufio.NewReader(io.LimitReader(source, 1<<16)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return strings.Split(strings.TrimSpace(line), ","), nil
}
