package reproduce

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConnectivity draws and judges counts: one of four starts found the tensor where cells lie anywhere, none elsewhere.
func TestConnectivity(t *testing.T) {
	w := &work{
		Options: Options{Out: t.TempDir()}, ctx: context.Background(), rule: rules[0],
		section: &Section{Item: connectivity.name, Rule: rules[0].name},
	}
	c := &recoveries{depths: []int{0, 2}, seeds: 4}
	for range c.depths {
		var hits, runs [][]int
		for l := range joinings {
			hit, run := make([]int, len(joinedShares)), make([]int, len(joinedShares))
			for i := range run {
				run[i] = 4
				if l == len(joinings)-1 {
					hit[i] = 1
				}
			}
			hits, runs = append(hits, hit), append(runs, run)
		}
		c.hits, c.runs = append(c.hits, hits), append(c.runs, runs)
	}
	if err := drawJoined(w, c); err != nil {
		t.Fatal(err)
	}
	picture, err := os.ReadFile(filepath.Join(w.Out, "connectivity.svg"))
	if err != nil || !strings.Contains(string(picture), "halves apart") {
		t.Errorf("no picture with its rows: %v", err)
	}
	claimJoined(w, c)
	entries := w.section.Entries
	if len(entries) != len(c.depths)*len(joinings) {
		t.Fatalf("%d entries", len(entries))
	}
	for i, e := range entries {
		last := i%len(joinings) == len(joinings)-1
		if e.Holds != last || e.Runs != 16 || percent(e.Observed) != "several" {
			t.Errorf("entry %d: %+v", i, e)
		}
		if want := 0.25; last && float64(e.Ours) != want {
			t.Errorf("entry %d: share %v, want %v", i, e.Ours, want)
		}
	}
}
