package plateau

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestRunFollowsTheFlowToAnEnd(t *testing.T) {
	seen := 0
	results, err := Run(context.Background(), Options{
		Depths: []int{1}, Sigmas: []Sigma{{0.01, 0.1}}, StartSeeds: []uint64{1}, Blocks: 12, Threads: 2,
		Each: func(done, all int, _ Result) { seen++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 5 || seen != 5 {
		t.Fatalf("%d results, %d seen, want 5", len(results), seen)
	}
	for i, r := range results {
		if !r.Ended() {
			t.Errorf("%s ended as %s", r.Data, r.Status)
		}
		if r.Recovered() != (r.EffectiveRank == 5 && r.TestMSE < 1e-12) || len(r.EmergenceTimes) < r.EffectiveRank {
			t.Errorf("result %d contradicts itself: %+v", i, r)
		}
	}
	var table bytes.Buffer
	if err := Table(&table, results); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(table.String(), "\n"); lines != 2 {
		t.Errorf("%d lines, want a head and one setting:\n%s", lines, table.String())
	}
}

func TestMissingDataIsAnError(t *testing.T) {
	if _, err := Run(context.Background(), Options{Data: t.TempDir()}); err == nil {
		t.Error("an empty folder was taken")
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	results, err := Run(ctx, Options{Blocks: 8})
	if err == nil || len(results) > 0 {
		t.Errorf("%d results, error %v", len(results), err)
	}
}
