package reproduce

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lacuna/figure"
	"lacuna/study"
)

// paperText finds the paper beside the repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not beside the repository", name)
	}
	return path
}

func TestPublishedNumbersAreThePapers(t *testing.T) {
	text, err := os.ReadFile(shared(t, "paper/hariz2022.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if len(published) != depthsUsed {
		t.Fatalf("%d rows", len(published))
	}
	for k, row := range published {
		found := false
		for _, line := range strings.Split(string(text), "\n") {
			words := strings.Fields(line)
			if len(words) != 7 {
				continue
			}
			same := words[0] == string(rune('0'+k))
			for column, cell := range row {
				var loss float64
				var rank int
				same = same && json.Unmarshal([]byte(words[1+2*column]), &loss) == nil && loss == cell.loss &&
					json.Unmarshal([]byte(strings.Trim(words[2+2*column], "()")), &rank) == nil && rank == cell.rank
			}
			found = found || same
		}
		if !found {
			t.Errorf("row %d is not in the paper: %v", k, row)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	if _, err := Run(context.Background(), "fig9", Options{Out: t.TempDir()}); err == nil ||
		!strings.Contains(err.Error(), "fig2, fig3") {
		t.Errorf("error %v does not list the items", err)
	}
	if _, err := Run(context.Background(), "fig2", Options{Out: t.TempDir(), Rule: "sophia"}); err == nil ||
		!strings.Contains(err.Error(), "adam") {
		t.Errorf("error %v does not list the rules", err)
	}
}

func TestItemsWithoutTheirDataAreSkipped(t *testing.T) {
	out := t.TempDir()
	for _, item := range []string{"fig6", "fig7"} {
		r, err := Run(context.Background(), item, Options{Out: out, Quick: true})
		if err != nil {
			t.Fatal(err)
		}
		if s := r.Sections[0]; s.Skipped == "" || len(s.Entries) > 0 {
			t.Errorf("%s: %+v", item, s)
		}
		page, err := os.ReadFile(filepath.Join(out, "reproduction.md"))
		if err != nil || !strings.Contains(string(page), "lacuna data fetch meteo-uk") && item == "fig7" {
			t.Errorf("%s: the report does not say how to get the data: %v %s", item, err, page)
		}
	}
}

func fake(depth int, status string, rank int, test float64) study.Run {
	s := synthetic(depth, depthObserved, starts(depth)[0], 1)
	return study.Run{State: study.Done, Settings: s, Outcome: study.Outcome{
		Status: status, Rank: rank,
		TestMSE: study.Number(test),
	}}
}

func TestSpread(t *testing.T) {
	runs := []study.Run{
		fake(0, "converged", 5, 1), fake(0, "converged", 9, 1), fake(0, "runaway", 2, 1), fake(0, "converged", 30, 1),
		fake(0, "converged", 7, 1), fake(0, "converged", 0, 1), fake(1, "converged", 99, 1),
	}
	s := spreadOf(runs, 0, func(study.Run) bool { return true })
	if s.count != 5 || s.median != 7 || s.lower != 5 || s.upper != 9 || s.least != 2 || s.max != 30 {
		t.Errorf("%+v", s)
	}
	if s := spreadOf(runs, 0, func(r study.Run) bool { return known(r) }); s.count != 4 {
		t.Errorf("runaways were counted: %+v", s)
	}
	if s := spreadOf(runs, 3, func(study.Run) bool { return true }); s.count != 0 || !math.IsNaN(s.median) {
		t.Errorf("no runs: %+v", s)
	}
}

// A run whose end is not known counts in no median and is counted; the steps of a rule with a rate are its end.
func TestCensored(t *testing.T) {
	runs := []study.Run{
		fake(1, "runaway", 1, 1e-9), fake(1, "evaluation-limit", 4, 3), fake(1, "converged", 5, 1e-12),
		fake(1, "diverged", 0, 0), fake(1, "evaluation-limit", 9, 1),
	}
	runs[4].Outcome.Descends = true
	if n := countOf(runs, cutOff); n != 3 {
		t.Errorf("%d runs were cut off", n)
	}
	if s := spreadOf(runs, 1, known); s.count != 2 || s.least != 5 || s.max != 9 {
		t.Errorf("%+v", s)
	}
	want := "1 came to rest, 1 went on to the last step, 1 were cut off when a block ran away, 1 diverged, " +
		"1 were cut off at the limit of evaluations"
	if got := endsOf(runs, anyRun); got != want {
		t.Errorf("%s", got)
	}
}

// A claim is decided neither way where the intervals overlap, nor where a quantile may be one of the runs that were cut off.
func TestUndecided(t *testing.T) {
	many := func(n, depth int, status string, rank int, test float64) []study.Run {
		return slices.Repeat([]study.Run{fake(depth, status, rank, test)}, n)
	}
	for _, c := range []struct {
		name  string
		runs  []study.Run // of depth 1, beside 20 of rank 30 at depth 0, 10 of which recover the tensor
		claim string
		want  string
	}{
		{"few cut off", slices.Concat(many(14, 1, "converged", 5, 1), many(13, 1, "runaway", 1, 1)), "lower than at depth 0", "holds"},
		{"most cut off", slices.Concat(many(14, 1, "converged", 5, 1), many(14, 1, "runaway", 1, 1)), "lower than at depth 0", "undecided"},
		{"higher", many(14, 1, "converged", 40, 1), "lower than at depth 0", "does not hold"},
		{"a quarter cut off", slices.Concat(many(15, 1, "converged", 5, 1), many(5, 1, "runaway", 1, 1)), "interquartile", "undecided"},
		{"fewer recover", many(20, 1, "converged", 5, 1), "share of starts", "does not hold"},
		{"hardly fewer", slices.Concat(many(9, 1, "converged", 5, 1e-9), many(11, 1, "converged", 5, 1)), "share of starts", "undecided"},
		{"all", many(20, 1, "converged", 5, 1e-9), "share of starts", "holds"},
	} {
		w := &work{section: &Section{}}
		runs := slices.Concat(many(10, 0, "converged", 30, 1), many(10, 0, "converged", 30, 1e-9), c.runs)
		claimRanks(w, runs)
		claimLosses(w, runs)
		judged := 0
		for _, e := range w.section.Entries {
			if *e.Depth != 1 || !strings.Contains(e.Claim, c.claim) || strings.Contains(c.claim, "lower") != strings.Contains(e.Claim, "lower") {
				continue
			}
			judged++
			got := "does not hold"
			switch {
			case e.Undecided:
				got = "undecided"
			case e.Holds:
				got = "holds"
			}
			if got != c.want || (got == "holds") != (e.Why == "") {
				t.Errorf("%s: %s: %s (%q), want %s", c.name, e.Claim, got, e.Why, c.want)
			}
		}
		if judged != 1 {
			t.Errorf("%s: %d claims like %q", c.name, judged, c.claim)
		}
	}
}

// A run that used up its steps before it fitted is cut off; one that fitted is not, nor one that came to rest.
func TestUnfitted(t *testing.T) {
	run := fake(1, "evaluation-limit", 2, 6)
	run.Settings.Normalise()
	run.Outcome.Descends, run.Outcome.RelativeTest = true, 1
	for _, c := range []struct {
		train  study.Number
		status string
		want   bool
	}{{2, "evaluation-limit", true}, {0.07, "evaluation-limit", true}, {0.05, "evaluation-limit", false}, {2, "converged", false}} {
		run.Outcome.TrainMSE, run.Outcome.Status = c.train, c.status
		if unfitted(run) != c.want {
			t.Errorf("%+v", c)
		}
		if run.Outcome.CutOff = unfitted(run); cutOff(run) != c.want || known(run) == c.want {
			t.Errorf("%+v does not count so", c)
		}
	}
}

func TestSeparate(t *testing.T) {
	if apart, pairs := separate([]study.Number{1, 2, 2.001, 5}); apart != 2 || pairs != 3 {
		t.Errorf("%d of %d", apart, pairs)
	}
}

// A small reproduction ends with every file, and a second one does nothing twice.
func TestFigure2(t *testing.T) {
	if testing.Short() {
		t.Skip("runs six trainings")
	}
	out := t.TempDir()
	r, err := Run(context.Background(), "fig2", Options{Out: out, Quick: true, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Sections[0]; s.Runs != 6 || s.Failed != 0 || len(s.Entries) != 4 {
		t.Errorf("section %+v", s)
	}
	for _, name := range []string{
		"reproduction.json", "reproduction.md", "reproduction.html", "fig2.svg", "fig2.pdf", "fig2.png", "fig2-time.svg",
		"runs/fig2/ledger.jsonl",
	} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(out, "reproduction.json"))
	if err != nil {
		t.Fatal(err)
	}
	var entries []map[string]any
	if err := json.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		for _, key := range []string{"item", "depth", "observed", "paper", "ours", "effective_rank", "claim", "holds"} {
			if _, ok := e[key]; !ok {
				t.Errorf("entry %v lacks %s", e, key)
			}
		}
		if e["holds"] == false && e["why"] == nil {
			t.Errorf("entry %v does not say why not", e)
		}
	}
	page, err := os.ReadFile(filepath.Join(out, "reproduction.html"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(page), "<svg") != 3 || strings.Contains(string(page), "NaN") {
		t.Error("the page does not hold its three pictures")
	}
	again, err := Run(context.Background(), "fig2", Options{Out: out, Quick: true, Data: &study.Data{}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range again.Sections[0].Entries {
		if first := r.Sections[0].Entries[i]; e.Claim != first.Claim || e.Holds != first.Holds || (e.Ours == e.Ours &&
			e.Ours != first.Ours) {
			t.Errorf("entry %+v was %+v", e, first)
		}
	}
}

// TestAnItemIsOneValue adds an item to the table and looks for it in the report.
func TestAnItemIsOneValue(t *testing.T) {
	before := items
	t.Cleanup(func() { items = before })
	items = append(slices.Clone(items), item{"toy", "A toy", "Nothing.", steps(
		func(*work) (int, error) { return 42, nil },
		func(w *work, _ int) error {
			line := figure.Curve{X: []float64{0, 1}, Y: []float64{0, 1}}
			return w.picture("toy", &figure.Figure{Charts: []figure.Chart{{Curves: []figure.Curve{line}}}})
		},
		func(w *work, answer int) {
			w.entry(Entry{Paper: nan, Ours: study.Number(answer), Low: nan, High: nan, Claim: "answers", Holds: true})
		},
	), false})
	out := t.TempDir()
	if _, err := Run(context.Background(), "toy", Options{Out: out}); err != nil || !slices.Contains(Items(), "toy") {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"reproduction.json": `"item": "toy"`, "reproduction.md": "![A toy — under the gradient flow](toy.svg)",
		"reproduction.html": `<h2 id="toy">A toy`,
	} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || !strings.Contains(string(text), want) || !strings.Contains(string(text), "42") {
			t.Errorf("%s does not hold %s and the answer: %v", name, want, err)
		}
	}
}
