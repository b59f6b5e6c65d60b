package study

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"lacuna/dataset"
	"lacuna/experiment"
	"lacuna/tensor"
)

// Data finds and keeps the data of runs. Its zero value knows synthetic tensors and files. It is safe for concurrent
// use.
type Data struct {
	Dir   string // where the tables of the real data sets lie: meteo_uk.csv and ccds_p17.csv, gzipped or not
	Cache string // where `lacuna data fetch` keeps station files; a second place to look for meteo-uk

	mu   sync.Mutex
	kept map[string]known
}

// known is a tensor; or, when the file itself says which cells are observed, these and the rest.
type known struct{ cells, rest *tensor.Observed }

// ErrNoData is wrapped by the errors about data sets that are not on this machine.
var ErrNoData = errors.New("the data are not here")

// files of the named data sets.
var files = map[string]string{"meteo-uk": "meteo_uk.csv", "ccds": "ccds_p17.csv"}

// Check returns an error that wraps ErrNoData and says how to get a named data set if it is not here.
func (d *Data) Check(name string) error {
	if d.find(name) != "" || (name == "meteo-uk" && d.cached()) {
		return nil
	}
	advice := "fetch it with `lacuna data fetch meteo-uk`, or"
	if name == "ccds" {
		advice = "it has no licence and cannot be fetched;"
	}
	return fmt.Errorf("study: %s: %w: %s give the directory that holds %s", name, ErrNoData, advice, files[name])
}

func (d *Data) find(name string) string {
	for _, ending := range []string{"", ".gz"} {
		if path := filepath.Join(d.Dir, files[name]+ending); d.Dir != "" {
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	return ""
}

func (d *Data) cached() bool {
	_, err := os.Stat(filepath.Join(d.Cache, "manifest.json"))
	return d.Cache != "" && err == nil
}

// load returns the data of a run, from memory if it can.
func (d *Data) load(s Settings) (known, error) {
	name := fmt.Sprintf("%s|%d|%s|%d|%s|%s", s.Data, s.DataSeed, s.Shape, s.Rank, s.Noise, s.MaskColumn)
	if s.MaskColumn != "" {
		name += s.Observed.String()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if k, ok := d.kept[name]; ok {
		return k, nil
	}
	k, err := d.read(s)
	if err != nil {
		return known{}, err
	}
	if d.kept == nil {
		d.kept = map[string]known{}
	}
	d.kept[name] = k
	return k, nil
}

func (d *Data) read(s Settings) (k known, err error) {
	path := s.Data
	switch {
	case s.Data == "synthetic":
		shape, err := experiment.ParseShape(s.Shape)
		if err != nil {
			return k, err
		}
		if s.MaskColumn != "" {
			return k, errors.New("study: a synthetic tensor has no mask column")
		}
		return known{cells: dataset.Synthetic(shape, s.Rank, float64(s.Noise), s.DataSeed)}, nil
	case files[s.Data] != "":
		if err := d.Check(s.Data); err != nil {
			return k, err
		}
		if path = d.find(s.Data); path == "" {
			k.cells, _, err = dataset.FetchMeteoUK(context.Background(), dataset.FetchOptions{CacheDir: d.Cache})
			return k, err
		}
	case s.DataSum != "":
		sum, err := fileSum(path)
		if err != nil {
			return k, err
		}
		if sum != s.DataSum {
			return k, fmt.Errorf("study: %s has changed since the study was made", path)
		}
	}
	if s.MaskColumn != "" {
		k.cells, k.rest, err = dataset.Masked(path, s.MaskColumn, float64(s.Observed))
	} else {
		k.cells, err = dataset.Load(path)
	}
	return k, err
}
