package trajectory

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lacuna/experiment"
)

// TestLive reads a run before its end, while a line is being written, and after its end.
func TestLive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	heading := Heading{Title: "depth 1", Blocks: 2, Threshold: 0.5}
	first, second, third := record(1), record(2), record(3)
	second.Loss = math.Inf(1)
	live, err := NewLive(path, heading, []experiment.Record{first})
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Add(&second); err != nil {
		t.Fatal(err)
	}
	if _, err := live.file.WriteString(`{"steps":17,"ti`); err != nil {
		t.Fatal(err)
	}
	got, err := ReadLive(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.Heading != heading || got.Ended != "" || len(got.Path.Records) != 2 {
		t.Fatalf("%+v", got)
	}
	first.Step, first.Shallow, first.Epsilon = 0, nil, math.NaN()
	if diff := cmp.Diff(first, got.Path.Records[0], cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	if !math.IsNaN(got.Path.Records[1].Loss) {
		t.Errorf("an infinite loss came back as %v", got.Path.Records[1].Loss)
	}

	live, err = NewLive(path, heading, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := live.End(&third, "it converged"); err != nil {
		t.Fatal(err)
	}
	if got, err = ReadLive(path); err != nil || got.Ended != "it converged" || got.Path.Last().Steps != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestLiveIsThinned adds far more records than a file should hold.
func TestLiveIsThinned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	live, err := NewLive(path, Heading{Blocks: 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	live.last = time.Now().Add(time.Hour) // no time passes
	for steps := range 1000 {
		r := record(steps + 1)
		if err := live.Add(&r); err != nil {
			t.Fatal(err)
		}
	}
	last := record(1000)
	if err := live.End(&last, "it converged"); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadLive(path); err != nil || len(got.Path.Records) != 301 || got.Path.Last().Steps != 1000 {
		t.Errorf("%d records, %v", len(got.Path.Records), err)
	}
}

func TestLiveOfAnotherKind(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"a table":       {"a,b,value\n1,2,3\n", "other.jsonl:1: this is no file of a run"},
		"other JSON":    {"{\"a\":1}\n", "--live"},
		"other blocks":  {"{\"blocks\":2}\n{\"deep\":[1]}\n", "other.jsonl:2"},
		"nothing yet":   {"", ""},
		"half a line":   {`{"title":"x"`, ""},
		"heading alone": {"{\"blocks\":3}\n", ""},
	} {
		path := filepath.Join(t.TempDir(), "other.jsonl")
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		switch _, err := ReadLive(path); {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}
