package accuracy

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
)

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
			return nil, fmt.Errorf("%s:%d: observed %q or nrmse %q is no number",
				path, line+2, row[column["observed"]], row[column["nrmse"]])
		}
		peers = append(peers, p)
	}
	return peers, nil
}
