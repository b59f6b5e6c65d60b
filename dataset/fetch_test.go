package dataset

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lacuna/tensor"
)

// stationFiles writes a tensor of months × stations × variables as station files.
func stationFiles(o *tensor.Observed) map[string]string {
	files := map[string]string{}
	for c := 0; c < o.Len(); c += variables {
		name := o.Modes[1].Labels[o.Index[1][c]]
		path := "/" + name + "data.txt"
		if files[path] == "" {
			head, _, _ := strings.Cut(trapped, "   1999  11")
			files[path] = strings.Replace(head, "Somewhere", name, 1)
		}
		year, month, _ := strings.Cut(o.Modes[0].Labels[o.Index[0][c]], "-")
		files[path] += fmt.Sprintf("   %s  %2s", year, strings.TrimPrefix(month, "0"))
		for v := range variables {
			files[path] += fmt.Sprintf("  %6.1f%s", o.Values[c+v], []string{"", "*", "#"}[(c/variables+v)%3])
		}
		files[path] += "  Provisional\n"
	}
	return files
}

// serve serves files; before may answer a request itself, and then returns true.
func serve(
	t *testing.T, files map[string]string, before func(w http.ResponseWriter, r *http.Request) bool,
) (address string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if before != nil && before(w, r) {
			return
		}
		text, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		fmt.Fprint(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

func twoStations() map[string]string {
	return stationFiles(GenerateStations(StationOptions{Months: 6, Stations: 2}))
}

var twoNames = []string{"generated01", "generated02"}

func TestFetchKeepsACache(t *testing.T) {
	agents := make(chan string, 10)
	address, requests := serve(t, twoStations(), func(w http.ResponseWriter, r *http.Request) bool {
		agents <- r.UserAgent()
		return false
	})
	o := FetchOptions{BaseURL: address, CacheDir: filepath.Join(t.TempDir(), "new", "cache"), Backoff: time.Millisecond}
	stations, manifest, err := FetchStations(t.Context(), twoNames, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(stations) != 2 || len(stations[1].Records) != 6 || requests.Load() != 2 {
		t.Fatalf("%d stations after %d requests", len(stations), requests.Load())
	}
	if agent := <-agents; !strings.HasPrefix(agent, "lacuna") {
		t.Errorf("user agent %q", agent)
	}
	entry := manifest.Files[1]
	data, err := os.ReadFile(filepath.Join(o.CacheDir, entry.File))
	if err != nil || entry.SHA256 != sum(data) || entry.Bytes != len(data) || entry.URL != address+"/generated02data.txt" {
		t.Errorf("the manifest says %+v (%v)", entry, err)
	}
	if time.Since(entry.Fetched) > time.Hour || entry.LastModified == "" {
		t.Errorf("the manifest has the dates %v and %q", entry.Fetched, entry.LastModified)
	}

	// The second time, nothing is downloaded and the manifest stays.
	_, again, err := FetchStations(t.Context(), twoNames, o)
	if err != nil || requests.Load() != 2 || again.Files[1] != entry {
		t.Errorf("%d requests, %+v (%v)", requests.Load(), again, err)
	}

	// A file that was changed is downloaded again, and so is all with Refresh.
	if err := os.WriteFile(filepath.Join(o.CacheDir, entry.File), data[:len(data)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err = FetchStations(t.Context(), twoNames, o); err != nil || requests.Load() != 3 {
		t.Errorf("%d requests (%v), want 3", requests.Load(), err)
	}
	o.Refresh = true
	if _, _, err = FetchStations(t.Context(), twoNames, o); err != nil || requests.Load() != 5 {
		t.Errorf("%d requests (%v), want 5", requests.Load(), err)
	}
}

func TestFetchRetries(t *testing.T) {
	var count atomic.Int64
	address, _ := serve(t, twoStations(), func(w http.ResponseWriter, r *http.Request) bool {
		switch count.Add(1) {
		case 1:
			http.Error(w, "busy", http.StatusServiceUnavailable)
		case 2: // the connection breaks in the middle of the file
			w.Header().Set("Content-Length", "5000")
			fmt.Fprint(w, "Somewhere\n")
			panic(http.ErrAbortHandler)
		default:
			return false
		}
		return true
	})
	o := FetchOptions{BaseURL: address, CacheDir: t.TempDir(), Backoff: time.Millisecond}
	if _, _, err := FetchStations(t.Context(), twoNames[:1], o); err != nil || count.Load() != 3 {
		t.Errorf("%d requests (%v), want 3", count.Load(), err)
	}
}

func TestFetchGivesUp(t *testing.T) {
	folder := t.TempDir()
	failing, requests := serve(t, nil, func(w http.ResponseWriter, r *http.Request) bool {
		http.Error(w, "broken", http.StatusInternalServerError)
		return true
	})
	missing, missingRequests := serve(t, nil, nil)
	page, _ := serve(t, map[string]string{"/generated01data.txt": "<html>moved</html>"}, nil)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, test := range map[string]struct{ address, want string }{
		"failing":  {failing, "500"},
		"missing":  {missing, "404"},
		"web page": {page, "no line that begins with yyyy mm"},
		"offline":  {closed.URL, "check the connection"},
	} {
		_, _, err := FetchStations(t.Context(), twoNames, FetchOptions{
			BaseURL: test.address, CacheDir: folder, Attempts: 3, Backoff: time.Millisecond,
		})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, test.want)
		}
		if errors.Is(err, ErrOffline) != (name == "offline") {
			t.Errorf("%s: errors.Is(err, ErrOffline) is %v", name, errors.Is(err, ErrOffline))
		}
	}
	if requests.Load() != 3 || missingRequests.Load() != 1 {
		t.Errorf("%d requests to the failing server and %d for the missing file, want 3 and 1", requests.Load(),
			missingRequests.Load())
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("%d files entered the cache", len(left))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := FetchStations(ctx, twoNames, FetchOptions{BaseURL: failing, CacheDir: folder})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func sameLabels(a, b []tensor.Mode) bool {
	return slices.EqualFunc(a, b, func(a, b tensor.Mode) bool {
		return a.Name == b.Name && slices.Equal(a.Labels, b.Labels)
	})
}

func TestFetchMeteoUK(t *testing.T) {
	table, err := Load(sharedData(t, "meteo_uk.csv"))
	if err != nil {
		t.Fatal(err)
	}
	files := stationFiles(table)
	address, _ := serve(t, files, nil)
	o := FetchOptions{BaseURL: address, CacheDir: t.TempDir(), Backoff: time.Millisecond}
	got, manifest, err := FetchMeteoUK(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Shape(), len(manifest.Files)) != "[50 16 5] 16" ||
		!sameLabels(got.Modes, table.Modes) || fmt.Sprint(got.Values) != fmt.Sprint(table.Values) {
		t.Error("the tensor is not the one that was served")
	}
}

func TestFetchMeteoUKChecksSums(t *testing.T) {
	made := GenerateStations(StationOptions{Months: 50, Stations: 16})
	files := map[string]string{}
	for path, text := range stationFiles(made) {
		var k int
		fmt.Sscanf(path, "/generated%ddata.txt", &k)
		for year := 2001; year <= 2005; year++ {
			text = strings.ReplaceAll(text, fmt.Sprintf("   %d  ", year), fmt.Sprintf("   %d  ", year-41))
		}
		files["/"+MeteoUKStations()[k-1]+"data.txt"] = text
	}
	address, _ := serve(t, files, nil)
	o := FetchOptions{BaseURL: address, CacheDir: t.TempDir(), Backoff: time.Millisecond}
	_, _, err := FetchMeteoUK(t.Context(), o)
	if e := new(SumsError); !errors.As(err, &e) || e.Cells != 4000 || !strings.Contains(err.Error(), "166923.3") {
		t.Errorf("error %v, want a *SumsError", err)
	}
	o.AcceptRevised = true
	if got, _, err := FetchMeteoUK(t.Context(), o); err != nil || got.Len() != 4000 {
		t.Errorf("a revised tensor is refused: %v", err)
	}
}
