package summary

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna"
	"lacuna/dataio"
)

// TestSeriesAreTheWorstAndATypicalOne fills a table in which one station scatters ten times as much as the others.
func TestSeriesAreTheWorstAndATypicalOne(t *testing.T) {
	var text strings.Builder
	text.WriteString("day,station,temperature\n")
	for day := range 30 {
		for station := range 5 {
			value := fmt.Sprintf("%.3f", math.Sin(float64(day)/4)*float64(1+station)+float64(day*day*7919%101)/1000)
			if station == 2 {
				value = fmt.Sprintf("%.3f", float64(day*day*7919%101)/10)
			}
			if (day+station)%6 == 0 && day > 2 {
				value = ""
			}
			fmt.Fprintf(&text, "2024-01-%02d,s%d,%s\n", day+1, station, value)
		}
	}
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := dataio.Read(path, dataio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := lacuna.Complete(context.Background(), table.Observed(), lacuna.Options{Effort: 0.05, Fill: table.Fill()})
	if err != nil {
		t.Fatal(err)
	}
	all := series(table, c, "temperature", 0.9)
	if len(all) != 2 || !strings.Contains(all[0].Title, "station=s2") || strings.Contains(all[1].Title, "station=s2") {
		t.Fatalf("series %v", all)
	}
	for _, s := range all {
		gaps := 0
		for i, known := range s.Known {
			filled := !math.IsNaN(s.Filled[i])
			if filled == !math.IsNaN(known) || filled && !(s.Low[i] <= s.Filled[i] && s.Filled[i] <= s.High[i]) {
				t.Errorf("%s, label %d: known %v, filled %v in %v to %v", s.Title, i, known, s.Filled[i], s.Low[i], s.High[i])
			}
			if filled {
				gaps++
			}
		}
		if gaps < 3 {
			t.Errorf("%s has %d gaps", s.Title, gaps)
		}
	}
}
