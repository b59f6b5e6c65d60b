package gaps

import (
	"fmt"
	"slices"
	"strconv"
)

// firstVersion is the method of peers_gaps.csv that was the first version of lacuna.
const firstVersion = "lacuna_1"

// peer is the score of one method in one run.
type peer struct {
	dataset, shape, method             string
	seed                               uint64
	nrmse, trueOverClaimed, coverage90 float64 // 0: not given
}

// loadPeers reads peers_gaps.csv: dataset, shape, seed, method, nrmse, true_over_claimed, coverage90.
func loadPeers(path string) ([]peer, error) {
	rows, err := readCSV(path)
	if err != nil {
		return nil, err
	}
	column := map[string]int{}
	for _, name := range []string{"dataset", "shape", "seed", "method", "nrmse", "true_over_claimed", "coverage90"} {
		if column[name] = slices.Index(rows[0], name); column[name] < 0 {
			return nil, fmt.Errorf("%s:1: no column called %s", path, name)
		}
	}
	var peers []peer
	for line, row := range rows[1:] {
		text := func(name string) string { return row[column[name]] }
		p := peer{dataset: text("dataset"), shape: text("shape"), method: text("method")}
		if p.seed, err = strconv.ParseUint(text("seed"), 10, 64); err != nil {
			return nil, fmt.Errorf("%s:%d: seed %q is no whole number", path, line+2, text("seed"))
		}
		for name, number := range map[string]*float64{
			"nrmse": &p.nrmse, "true_over_claimed": &p.trueOverClaimed, "coverage90": &p.coverage90,
		} {
			if text(name) == "" {
				continue
			}
			if *number, err = strconv.ParseFloat(text(name), 64); err != nil {
				return nil, fmt.Errorf("%s:%d: %s %q is no number", path, line+2, name, text(name))
			}
		}
		if p.nrmse > 0 { // else the method failed
			peers = append(peers, p)
		}
	}
	return peers, nil
}
