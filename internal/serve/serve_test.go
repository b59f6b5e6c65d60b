package serve

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
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
		"another host":   {func(r *http.Request) { r.Host = "example.org:8000" }, "example.org"},
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
	w := ask(h, "api/table", "", nil)
	if w.Code != http.StatusNotFound {
		t.Errorf("a table before one was filled: %d", w.Code)
	}
	w = ask(h, "api/open?name=t.csv&reading="+url.QueryEscape(`{"value":"value"}`), table.String(), nil)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Read t.csv: long CSV") {
		t.Fatalf("open: %d %s", w.Code, w.Body)
	}
	w = ask(h, "api/fill", `{"seed":1,"effort":0.01}`, nil)
	lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	var last struct{ Text, Report, Name, Error string }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Error != "" {
		t.Fatalf("fill: %v %s", err, w.Body)
	}
	if last.Name != "t.filled.csv" || !strings.Contains(last.Text, "Filled ") || !strings.Contains(last.Report, "<html") {
		t.Errorf("the result is %q, %q", last.Name, last.Text)
	}
	filled, _ := io.ReadAll(ask(h, "api/table", "", nil).Body)
	if !strings.HasPrefix(string(filled), "a,b,value,lacuna_filled,lacuna_stderr\n") {
		t.Errorf("the table begins %.80q", filled)
	}
}

// TestBadFile wants the sentence of the command, with the line and the column.
func TestBadFile(t *testing.T) {
	w := ask(server(), "api/open?name=t.csv&reading={}", "a,b,value\np,A,1\nq,A,x1y\np,B,3\n", nil)
	if w.Code != http.StatusUnprocessableEntity || !strings.HasPrefix(w.Body.String(), "t.csv:3: column \"value\": \"x1y\" ") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
