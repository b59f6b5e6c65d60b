package gaps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna"
)

// write makes a directory with peers and a table, toy.csv, that has units, labels out of order and gaps of its own.
func write(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("time,place,variable,value\n")
	for i := range 12 {
		for k := range 6 {
			for l := range 3 {
				if (i*5+k*3+l)%17 == 0 {
					continue
				}
				v := []int{1, 10, 100}[l] * ((i-k)*(i-k)*(l+1) + (i*7919+k*104729+l*1299709)%13)
				fmt.Fprintf(&b, "t%d,p%d,v%d,%d\n", i, (k*5)%7, l, v)
			}
		}
	}
	dir := t.TempDir()
	save(t, dir, "toy.csv", b.String())
	save(t, dir, "peers_gaps.csv", "dataset,shape,seed,method,nrmse,true_over_claimed,coverage90\n"+
		"toy,random,1,ridge_cpals,0.125,,\ntoy,random,1,mean,0.001,,\ntoy,random,1,lacuna_1,0.5,1.5,0.75\n"+
		"toy,random,2,ridge_cpals,,,\n")
	return dir
}

func save(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRunMeasuresUntilInterrupted makes two of four runs.
func TestRunMeasuresUntilInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var lines []string
	results, err := Run(ctx, Options{
		Data: write(t), Shapes: []string{"random", "closed"}, Seeds: []uint64{1, 2},
		Complete: lacuna.Options{Effort: 0.005},
		Each: func(done, all int, r Result) {
			lines = append(lines, fmt.Sprint(done, "/", all, " ", r.Line()))
			if done == 2 {
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) || len(results) != 2 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	if len(lines) != 2 || !strings.HasPrefix(lines[1], "2/4 toy") {
		t.Fatalf("reported as %q", lines)
	}
	r := results[0]
	if r.Hidden != 59 || r.BestSimple != "ridge_cpals" || r.Ratio != r.NRMSE/0.125 || r.Simple["mean"] < 0.9 {
		t.Errorf("compared wrongly: %+v", r)
	}
	if r.First == nil || *r.First != (First{0.5, 1.5, 0.75}) || results[1].First != nil {
		t.Errorf("the first version has %+v, and %+v where it did not run", r.First, results[1].First)
	}
	if math.Abs(r.TrueOverClaimed*r.ClaimedRMSE-r.RMSE) > 1e-9*r.RMSE || r.ClaimedRMSE == 0 {
		t.Errorf("RMSE %v, claimed %v, ratio %v", r.RMSE, r.ClaimedRMSE, r.TrueOverClaimed)
	}
	if r.NRMSE > 0.8 || r.Coverage90 < 0.5 || r.FiniteIntervals != 1 {
		t.Errorf("filled badly: %+v", r)
	}
	if text, err := json.Marshal(results); err != nil || !strings.Contains(string(text), `"lacuna_1":{"nrmse":0.5`) {
		t.Errorf("JSON %s, %v", text, err)
	}
}

func TestSummary(t *testing.T) {
	got := Summarise([]Result{
		{
			Shape: "closed", Hidden: 10, NRMSE: 0.5, TrueOverClaimed: 4, Coverage90: 0.5, Ratio: 0.25, Seconds: 1,
			First: &First{NRMSE: 1},
		},
		{Shape: "closed", Hidden: 30, NRMSE: 3, TrueOverClaimed: 1, Coverage90: 0.9, Ratio: 1, Seconds: 2},
		{Shape: "closed", Hidden: 40, NRMSE: 3, Coverage90: 1, Ratio: 4, Seconds: 3},
	})
	if len(got) != 1 {
		t.Fatalf("%d summaries of one shape", len(got))
	}
	s := got[0]
	for what, pair := range map[string][2]float64{
		"true/claimed": {s.TrueOverClaimed, 2}, "least": {s.LeastTrue, 1}, "most": {s.MostTrue, 4},
		"coverage of cells": {s.CoverageOfCells, 0.9}, "of runs": {s.CoverageOfRuns, 0.8},
		"least coverage": {s.LeastCoverage, 0.5}, "over the first": {s.OverFirst, 0.5},
		"ratio": {s.Ratio, 1}, "worst": {s.WorstRatio, 4}, "seconds": {s.Seconds, 2},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-12 {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
	var b strings.Builder
	if err := Print(&b, got); err != nil || !strings.Contains(b.String(), "1.00–4.00") {
		t.Errorf("printed %q, %v", b.String(), err)
	}
}

func TestBadInputNamesItsPlace(t *testing.T) {
	dir := write(t)
	head := "dataset,shape,seed,method,nrmse,true_over_claimed,coverage90\n"
	for _, c := range []struct{ file, content, want string }{
		{"bad.csv", "a,b,c,val\n1,2,3,4\n", "value"},
		{"bad.csv", "a,b,value\n1,2,3\n", "three index columns"},
		{"bad.csv", "a,b,c,value\n1,2,3,4\n1,2,4,\n", "bad.csv:3"},
		{"bad.csv", "a,b,c,value\n1,2,3,4\n1,2,4,5\n", "column a has 1 labels"},
		{"bad.csv", "a,b,c,value\n", "no row"},
		{"peers_gaps.csv", "dataset,shape\ntoy,random\n", "no column called seed"},
		{"peers_gaps.csv", head + "toy,random,x,mean,1,,\n", "peers_gaps.csv:2"},
		{"peers_gaps.csv", head + "toy,random,1,mean,x,,\n", "nrmse"},
	} {
		save(t, dir, c.file, c.content)
		_, err := Run(context.Background(), Options{Data: dir, Datasets: []string{"bad"}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v does not name %q", c.content, err, c.want)
		}
	}
}
