package serve

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"lacuna/experiment"
	"lacuna/internal/trajectory"
)

const token = "secret"

func server() http.Handler {
	return Handler(Options{
		Token: token, Hosts: []string{"127.0.0.1:8000"}, Threads: 1, Page: fstest.MapFS{"index.html": {Data: []byte("page")}},
	})
}

// ask posts, with the host and token of the page unless change says otherwise.
func ask(h http.Handler, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8000/"+path, strings.NewReader(body))
	r.Header.Set("Lacuna-Token", token)
	r.Header.Set("Origin", "http://127.0.0.1:8000")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*http.Request)
		says   string
	}{
		"another origin": {func(r *http.Request) { r.Header.Set("Origin", "http://example.org") }, "example.org"},
		"no origin":      {func(r *http.Request) { r.Header.Set("Origin", "null") }, "null"},
		"another port":   {func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8001") }, "8001"},
		"another host":   {func(r *http.Request) { r.Host = "example.org:8000" }, "example.org:8000: open the one that"},
		"no token":       {func(r *http.Request) { r.Header.Del("Lacuna-Token") }, "token"},
		"a wrong token":  {func(r *http.Request) { r.Header.Set("Lacuna-Token", "secre") }, "token"},
	} {
		for _, path := range []string{"api/open?reading={}", "api/fill", "api/table", "api/stop"} {
			w := ask(server(), path, "", c.change)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("%s, %s: %d %s", name, path, w.Code, w.Body)
			}
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://rebound.example.org:8000/", nil)
	w := httptest.NewRecorder()
	server().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("the page under another host: %d", w.Code)
	}
}

func TestOpenFillAndTable(t *testing.T) {
	var table strings.Builder
	table.WriteString("a,b,value\n")
	for i := range 8 {
		for j := range 6 {
			value := ""
			if (3*i+j)%7 != 0 {
				value = string(rune('1' + (i+j)%8))
			}
			table.WriteString(string(rune('p'+i)) + "," + string(rune('A'+j)) + "," + value + "\n")
		}
	}
	h := server()
	w := ask(h, "api/table", "", func(r *http.Request) { r.Header.Set("Lacuna-Table", "0") })
	if w.Code != http.StatusNotFound {
		t.Errorf("a table before one was filled: %d", w.Code)
	}
	w = ask(h, "api/open?name=t.csv&reading="+url.QueryEscape(`{"value":"value"}`), table.String(), nil)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Read t.csv: long CSV") {
		t.Fatalf("open: %d %s", w.Code, w.Body)
	}
	mine := func(r *http.Request) { r.Header.Set("Lacuna-Table", "1") }
	w = ask(h, "api/fill", `{"seed":1,"effort":0.01}`, mine)
	lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	var last struct{ Text, Report, Name, Error string }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Error != "" {
		t.Fatalf("fill: %v %s", err, w.Body)
	}
	if last.Name != "t.filled.csv" || !strings.Contains(last.Text, "Filled ") || !strings.Contains(last.Report, "<html") {
		t.Errorf("the result is %q, %q", last.Name, last.Text)
	}
	filled, _ := io.ReadAll(ask(h, "api/table", "", mine).Body)
	if !strings.HasPrefix(string(filled), "a,b,value,lacuna_filled,lacuna_stderr\n") {
		t.Errorf("the table begins %.80q", filled)
	}
	// Another window opens a table: this one no longer gets what is not its own.
	if w = ask(h, "api/open?name=other.csv&reading={}", table.String(), nil); w.Header().Get("Lacuna-Table") != "2" {
		t.Errorf("the other table is number %q", w.Header().Get("Lacuna-Table"))
	}
	for _, path := range []string{"api/fill", "api/table"} {
		if w = ask(h, path, `{}`, mine); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Read again") {
			t.Errorf("%s of another window's table: %d %s", path, w.Code, w.Body)
		}
	}
}

// TestUpload: what does not arrive whole changes nothing, and what is too large is refused in words.
func TestUpload(t *testing.T) {
	h := server()
	const table = "a,b,value\nx,p,1\nx,q,\ny,p,2\ny,q,3\n"
	ask(h, "api/open?name=t.csv&reading={}", table, nil)
	cut := func(r *http.Request) {
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader("a,b"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	}
	if w := ask(h, "api/open?name=cut.csv&reading={}", "", cut); w.Code != http.StatusBadRequest || w.Header().Get("Lacuna-Table") != "" {
		t.Errorf("a file that was cut: %d %s", w.Code, w.Body)
	}
	w := ask(h, "api/fill", `{"effort":0.01}`, func(r *http.Request) { r.Header.Set("Lacuna-Table", "1") })
	if w.Code != http.StatusOK {
		t.Errorf("the table before it is gone: %d %s", w.Code, w.Body)
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1))
	w = ask(h, "api/open?name=large.csv&reading={}", table, nil)
	if w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "larger than half of the memory") {
		t.Errorf("a file that is too large: %d %s", w.Code, w.Body)
	}
}

// TestRun watches a run before it began, while it is under way, and at its end.
func TestRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	h := Handler(Options{Token: token, Hosts: []string{"127.0.0.1:8000"}, Page: fstest.MapFS{}, Watch: path})
	look := func() (run shownRun) {
		w := ask(h, "api/run", "", nil)
		if err := json.Unmarshal(w.Body.Bytes(), &run); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return run
	}
	if run := look(); !strings.Contains(run.Words, "Waiting for ") || run.Plots != nil {
		t.Errorf("before the run: %+v", run)
	}
	record := experiment.Record{
		Steps: 3, Time: 1.5, Evaluations: 1234, TrainMSE: 0.25, TestMSE: 0.5, HeldOut: math.NaN(), Rank: 1, Deep: []float64{2, 0.1},
	}
	live, err := trajectory.NewLive(path, trajectory.Heading{Title: "depth 1", Blocks: 2}, []experiment.Record{record})
	if err != nil {
		t.Fatal(err)
	}
	run := look()
	if run.Rank != "Effective rank 1 of 2 blocks." || run.Ended != "" || len(run.Plots) != 2 || run.Title != "depth 1" {
		t.Errorf("under way: %+v", run)
	}
	for _, part := range []string{"1,234 gradient evaluations", "flow time 1.5", "error 0.25, 0.5 on test cells, 0 s."} {
		if !strings.Contains(run.Words, part) {
			t.Errorf("%q lacks %q", run.Words, part)
		}
	}
	record.Rank = 2
	if err := live.End(&record, "the training error reached its limit"); err != nil {
		t.Fatal(err)
	}
	if run := look(); run.Rank != "Effective rank 2 of 2 blocks." || run.Ended != "the training error reached its limit" {
		t.Errorf("at the end: %+v", run)
	}
	if w := ask(h, "api/run", "", func(r *http.Request) { r.Header.Del("Lacuna-Token") }); w.Code != http.StatusForbidden {
		t.Errorf("without the token: %d", w.Code)
	}
	if err := os.WriteFile(path, []byte("a,b\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if w := ask(h, "api/run", "", nil); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), ":1: ") {
		t.Errorf("another file: %d %s", w.Code, w.Body)
	}
	if w := ask(server(), "api/run", "", nil); w.Code == http.StatusOK {
		t.Errorf("a run where none is watched: %s", w.Body)
	}
}

// TestBadFile wants the sentence of the command, with the line and the column.
func TestBadFile(t *testing.T) {
	w := ask(server(), "api/open?name=t.csv&reading={}", "a,b,value\np,A,1\nq,A,x1y\np,B,3\n", nil)
	if w.Code != http.StatusUnprocessableEntity || !strings.HasPrefix(w.Body.String(), "t.csv:3: column \"value\": \"x1y\" ") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
