package dataset

import (
	"os"
	"path/filepath"
	"testing"

	"lacuna/tensor"
)

// TestAutoStandardisationOfRealData: the variables of meteo_uk have units of their own; the other tables have one unit.
func TestAutoStandardisationOfRealData(t *testing.T) {
	for name, want := range map[string]int{
		"meteo_uk.csv": 2, "il2.csv": -1, "ccds_p17.csv.gz": -1, "amino.csv.gz": -1, "birmingham.csv.gz": -1,
		"synthetic_1.csv.gz": -1, "synthetic_2.csv.gz": -1,
	} {
		path := filepath.Join("..", "..", "shared", "data", name)
		if _, err := os.Stat(path); err != nil {
			t.Skipf("%s is not there: the development data is not part of the repository", path)
		}
		cells, numbers, err := withNumbers(path, "u1")
		if err != nil {
			t.Fatal(err)
		}
		for _, share := range []float64{0.05, 0.1, 0.3, 0.6, 1} {
			observed := cells.Filter(func(c int) bool { return numbers[c] < share })
			if got := tensor.FitScaling(observed, tensor.StandardiseAuto, 0).Mode; got != want {
				t.Errorf("%s, share %v: mode %d is chosen, want %d", name, share, got, want)
			}
		}
	}
}
