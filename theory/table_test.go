package theory

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestRowsWithoutNumbersAreJSON(t *testing.T) {
	nan := math.NaN()
	data, err := json.Marshal([]Row{{
		Statement: exponent.Name, WorstRelativeError: math.Inf(1), Fitted: &nan,
		CI95: &[2]float64{nan, nan},
	}})
	if err != nil || !strings.Contains(string(data), `"worst_relative_error":null`) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestRun(t *testing.T) {
	options := Options{
		Statements: []string{"theorem-2.2", "trajectory"}, Orders: []int{3}, Depths: [][]int{{0}},
		Blocks: 8,
	}
	var outputs [2]bytes.Buffer
	var last *Result
	for i := range outputs {
		options.Threads = i + 1
		result, err := Run(context.Background(), options)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(&outputs[i]).Encode(result.Rows); err != nil {
			t.Fatal(err)
		}
		last = result
	}
	if outputs[0].String() != outputs[1].String() {
		t.Error("the table depends on the number of threads")
	}
	for _, row := range last.Rows {
		if !row.Holds {
			t.Errorf("%+v", row)
		}
	}
	var rows []map[string]any
	if err := json.Unmarshal(outputs[0].Bytes(), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 {
		t.Fatalf("%d rows, want Theorem 2.2 and two trajectories", len(rows))
	}
	for _, key := range []string{
		"statement", "order", "depths", "blocks", "emergences", "worst_relative_error",
		"tolerance", "holds",
	} {
		if _, ok := rows[0][key]; !ok {
			t.Errorf("no %q in %v", key, rows[0])
		}
	}
	var table bytes.Buffer
	if err := last.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	page := last.document(last.Pictures(), ".svg", "lacuna theory")
	for name, text := range map[string]string{"HTML": page.HTML(), "Markdown": page.Markdown()} {
		if !strings.Contains(text, "Theorem 2.2") || !strings.Contains(text, "<sup>2 − 2/N</sup>") || strings.Contains(text,
			"Lemma A.2:") {
			t.Errorf("the %s page does not show just what was measured", name)
		}
	}
	if lines := strings.Count(table.String(), "\n"); lines != 4 {
		t.Errorf("the table has %d lines", lines)
	}
}

func TestOptionsThatNameNothing(t *testing.T) {
	for _, o := range []Options{
		{Statements: []string{"theorem-9"}},
		{Orders: []int{1}},
		{Depths: [][]int{{-1}}},
		{Orders: []int{4}, Depths: [][]int{{1, 2, 3}}},
	} {
		if err := Check(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	if err := Check(Options{}); err != nil {
		t.Error(err)
	}
}

func TestEveryStatementIsExplained(t *testing.T) {
	for i, name := range Statements() {
		if explained := table[i]; explained.Name != name || explained.Title == "" || explained.hypothesis == "" {
			t.Errorf("%s is not explained in its place", name)
		}
		if sentences := strings.Count(table[i].Text, ". ") + 1; sentences != 2 {
			t.Errorf("%s is explained in %d sentences", name, sentences)
		}
	}
}

func TestCombinations(t *testing.T) {
	got := Options{Depths: [][]int{{1, 2, 3}, {2}}, Orders: nil}.combinations([]int{3, 4}, nil)
	want := [][]int{{1, 2, 3}, {2, 2, 2}, {2, 2, 2, 2}}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range want {
		if len(got[i]) != len(want[i]) || got[i][0] != want[i][0] {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

// TestAStatementIsOneEntry adds a statement to the table, along the runs of Theorem 3.2 (i), and looks for it in
// every output.
func TestAStatementIsOneEntry(t *testing.T) {
	sized := Statement{Name: "toy", sides: func(p *point) []Side {
		norm := shallow(p.blocks[0])
		return []Side{{Mode: -1, Index: -1, Left: norm, Right: 1.5 * norm, Scale: norm}}
	}}
	toy := &entry{
		Explanation: Explanation{Name: "toy", Title: "A toy", Formula: "s = 1.5 s", Text: "It is false. It is off by " +
			"a third."},
		hypothesis: "none",
		run:        balancedRuns,
		measure:    func() []Statement { return []Statement{sized} },
		note:       func(row Row) string { return "toy of order " + strings.Repeat("I", row.Order) },
		findings:   func(rows []Row) []string { return []string{strings.Repeat("toy ", len(rows))} },
	}
	before := table
	table = append(slices.Clone(table), toy)
	t.Cleanup(func() { table = before })

	o := Options{Statements: []string{"theorem-3.3", "toy"}, Orders: []int{3}, Depths: [][]int{{1}}, Blocks: 6, Seed: 2}
	result, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Rows) != 2 || result.Rows[1].Statement != "toy" || result.Holds() {
		t.Fatalf("rows %+v", result.Rows)
	}
	if e := result.Rows[1].WorstRelativeError; math.Abs(e-1.0/3) > 1e-12 || !result.Rows[0].Holds {
		t.Errorf("the toy is off by %v, want 1/3, and Theorem 3.3 holds: %v", e, result.Rows[0].Holds)
	}
	var table bytes.Buffer
	if err := result.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	page := result.document(nil, "", "").Markdown()
	for _, text := range []string{table.String(), page} {
		if !strings.Contains(text, "toy of order III") || !strings.Contains(text, "FAILS") {
			t.Errorf("the toy is not in %s", text)
		}
	}
	if !strings.Contains(page, "## A toy\n\ns = 1.5 s\n\nIt is false.") || result.Findings()[0] != "toy " {
		t.Errorf("the toy is not explained in %s", page)
	}
}
