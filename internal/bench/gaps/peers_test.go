package gaps

import (
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// hash is that of rows that are hidden, one byte a row.
func hash(hidden []bool) string {
	bytes := make([]byte, len(hidden))
	for k := range hidden {
		if hidden[k] {
			bytes[k] = 1
		}
	}
	return fmt.Sprintf("%x", sha256.Sum256(bytes))[:12]
}

// TestSmallTableAgainstPython compares the hidden rows, the scores of the simple methods, and the score of predictions
// that are one too large, with those of the Python program that defines the benchmark.
func TestSmallTableAgainstPython(t *testing.T) {
	table, err := load(write(t), "toy")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		shape  string
		seed   uint64
		hidden int
		hash   string
		scores [5]float64
	}{
		{"random", 1, 59, "c41888735355", [5]float64{1.040070924, 0.4961256539, 0.4543540966, 0.3994310511, 0.01429195834}},
		{"random", 4, 57, "9891d34dd9b1", [5]float64{1.004160329, 0.4380778869, 0.3514659902, 0.4196586217, 0.0259438818}},
		{"fibres", 1, 67, "a605230e6028", [5]float64{1.00609807, 0.4710176532, 0.3964362882, 0.4710176532, 0.01585535047}},
		{"fibres", 4, 34, "cf05b3e856db", [5]float64{1.007543531, 0.4595336392, 0.3728132304, 0.4595336392, 0.01898590241}},
		{"outage", 1, 33, "eef533aff5c7", [5]float64{1.025249514, 0.5479437693, 0.5852852741, 0.6612422926, 0.01349535988}},
		{"outage", 4, 34, "8a0738a8dec3", [5]float64{1.000787886, 0.54906513, 0.54935145, 0.2659334745, 0.01973746105}},
		{"closed", 1, 23, "3b0f4318f476", [5]float64{2.556627264, 1.186774485, 1.275137208, 1.99579731, 0.02585390468}},
		{"closed", 4, 24, "e6a8b92954ee", [5]float64{1.343108048, 0.8412934785, 0.8304403056, 1.112541801, 0.0183570887}},
		{"labels", 1, 17, "c37617c98e87", [5]float64{3.582037052, 4.492218347, 4.449013105, 0.4294754629, 0.08619986746}},
		{"labels", 4, 17, "555b58aa027b", [5]float64{1.845533054, 1.603120905, 1.602351088, 0.2936241872, 0.05250634037}},
		{
			"notatrandom", 1, 47, "bd26ebea58e7",
			[5]float64{1.268993779, 0.6461436096, 0.6257494825, 0.525821255, 0.01432657128},
		},
		{
			"notatrandom", 4, 42, "4b892ad3fbfb",
			[5]float64{1.219610946, 0.5619345105, 0.5149766922, 0.5734050099, 0.01303275553},
		},
	} {
		hidden, err := table.hide(c.shape, c.seed)
		if err != nil {
			t.Fatal(err)
		}
		if got := hash(hidden); got != c.hash || count(hidden) != c.hidden {
			t.Errorf("%s, seed %d: %d rows are hidden, hash %s", c.shape, c.seed, count(hidden), got)
		}
		s := newScore(table, hidden)
		simple := s.simple()
		off := s.nrmse(func(row int) float64 { return (table.value[row] + 1 - s.mean[row]) / s.scale[row] })
		got := [5]float64{simple["mean"], simple["main_effects"], simple["pair_effects"], simple["interpolation"], off}
		for i, want := range c.scores {
			if math.Abs(got[i]-want) > 1e-8*want {
				t.Errorf("%s, seed %d: scores %v, want %v", c.shape, c.seed, got, c.scores)
				break
			}
		}
	}
}

func count(hidden []bool) (n int) {
	for _, h := range hidden {
		if h {
			n++
		}
	}
	return n
}

// shared is the folder of development data beside the repository.
func shared(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "..", "shared", "data")
	if _, err := os.Stat(filepath.Join(dir, "peers_gaps.csv")); err != nil {
		t.Skipf("%s is not there: the development data is not part of the repository", dir)
	}
	return dir
}

// TestHiddenCellsOfRealTables compares what is hidden, over all shapes and three seeds, with the Python program.
func TestHiddenCellsOfRealTables(t *testing.T) {
	dir := shared(t)
	for _, c := range []struct {
		name   string
		hidden int
		hash   string
	}{
		{"meteo_uk", 14387, "a59e9e5a8b02"},
		{"ccds_p17", 67171, "75d2da777f57"},
		{"amino", 204882, "7c20e025cd0e"},
		{"il2", 20508, "0fd6c7298fea"},
		{"birmingham", 127595, "a4f9e9f471eb"},
	} {
		table, err := load(dir, c.name)
		if err != nil {
			t.Fatal(err)
		}
		var all []bool
		for _, shape := range Shapes() {
			for _, seed := range []uint64{1, 2, 3} {
				hidden, err := table.hide(shape, seed)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, hidden...)
			}
		}
		if got := hash(all); got != c.hash || count(all) != c.hidden {
			t.Errorf("%s: %d cells are hidden, hash %s", c.name, count(all), got)
		}
	}
}

// TestSimpleMethodsOfRealTables compares with the figures of peers_gaps.csv, which have five decimals.
func TestSimpleMethodsOfRealTables(t *testing.T) {
	dir := shared(t)
	peers, err := loadPeers(filepath.Join(dir, "peers_gaps.csv"))
	if err != nil {
		t.Fatal(err)
	}
	tables, scores, compared := map[string]*table{}, map[string]map[string]float64{}, 0
	for _, p := range peers {
		if tables[p.dataset] == nil {
			if tables[p.dataset], err = load(dir, p.dataset); err != nil {
				t.Fatal(err)
			}
		}
		run := fmt.Sprint(p.dataset, " ", p.shape, " ", p.seed)
		if scores[run] == nil {
			hidden, err := tables[p.dataset].hide(p.shape, p.seed)
			if err != nil {
				t.Fatal(err)
			}
			scores[run] = newScore(tables[p.dataset], hidden).simple()
		}
		if got, ok := scores[run][p.method]; ok {
			compared++
			if math.Abs(got-p.nrmse) > 6e-6 {
				t.Errorf("%s: %s scores %v, want %v", run, p.method, got, p.nrmse)
			}
		}
	}
	if compared != 240 {
		t.Errorf("%d scores were compared, not 240", compared)
	}
}
