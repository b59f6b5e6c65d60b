// Package serve is the page of package web with the native engine behind it. It answers nobody but the page itself: each
// request must name the address that was bound, come from no other origin, and bring the token where it touches a table.
package serve

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"lacuna"
	"lacuna/internal/memory"
	"lacuna/internal/session"
)

// Options of a handler.
type Options struct {
	Token   string   // what a request must bring in the header Lacuna-Token
	Hosts   []string // the names under which the page may be asked for, with their port
	Threads int      // that fill a table; 0: all
	Version string   // of the program
	Page    fs.FS    // the files of the page
	Example []byte   // stations.csv
	Watch   string   // file of a run of lacuna train --live to be shown; "" is none
}

// handler serves one table at a time.
type handler struct {
	Options
	mutex   sync.Mutex // held while a table is read or filled
	session session.Session
	opened  int // numbers the tables, so that a window does not take another one's
	filled  *session.Filled

	stopping sync.Mutex
	cancel   context.CancelFunc // ends the filling that runs

	run watcher
}

// Handler returns the page and its interface: POST api/open, api/fill, api/stop and api/table, and api/run where a run is
// watched.
func Handler(o Options) http.Handler {
	h := &handler{
		Options: o, session: session.Session{Version: o.Version}, cancel: func() {}, run: watcher{path: o.Watch},
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(o.Page))
	mux.HandleFunc("GET /stations.csv", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(o.Example) })
	mux.HandleFunc("POST /api/open", h.withToken(h.alone(h.open)))
	mux.HandleFunc("POST /api/fill", h.withToken(h.alone(h.ofWindow(h.fill))))
	mux.HandleFunc("POST /api/table", h.withToken(h.alone(h.ofWindow(h.table))))
	mux.HandleFunc("POST /api/stop", h.withToken(h.stop))
	if o.Watch != "" {
		mux.HandleFunc("POST /api/run", h.withToken(h.run.tell))
	}
	return h.guarded(mux)
}

// guarded refuses another host name, which would be a page that had itself resolved to this machine, and another origin.
func (h *handler) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(h.Hosts, r.Host) {
			http.Error(w, "this address is not served under the name "+r.Host+
				": open the one that lacuna serve printed, or start it with --host and that name", http.StatusForbidden)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
			http.Error(w, "a page from "+origin+" may not ask here", http.StatusForbidden)
			return
		}
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

func (h *handler) withToken(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Lacuna-Token")), []byte(h.Token)) != 1 {
			http.Error(w, "the token is missing or wrong: open the address that lacuna serve printed", http.StatusForbidden)
			return
		}
		next(w, r)
	}
}

// alone refuses a request while another one has the table.
func (h *handler) alone(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !h.mutex.TryLock() {
			http.Error(w, "a table is being read or filled in another window: stop it there, or wait", http.StatusConflict)
			return
		}
		defer h.mutex.Unlock()
		next(w, r)
	}
}

// tableHeader holds the number of the table that a window has opened.
const tableHeader = "Lacuna-Table"

// ofWindow refuses a window whose table is no longer the one that is open.
func (h *handler) ofWindow(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(tableHeader) != strconv.Itoa(h.opened) {
			http.Error(w, "another window has opened a table since, and one is open at a time: press Read again here", http.StatusConflict)
			return
		}
		next(w, r)
	}
}

func (h *handler) open(w http.ResponseWriter, r *http.Request) {
	var reading session.Reading
	if err := json.Unmarshal([]byte(r.URL.Query().Get("reading")), &reading); err != nil {
		http.Error(w, "reading: "+err.Error(), http.StatusBadRequest)
		return
	}
	body := io.Reader(r.Body)
	if available := memory.Available(); available > 0 {
		body = http.MaxBytesReader(w, r.Body, int64(available/2))
	}
	data, err := io.ReadAll(body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		http.Error(w, fmt.Sprintf("the file is larger than half of the memory that is free, %s: give a part of it, or use the command",
			memory.Format(float64(large.Limit))), http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		http.Error(w, "the file did not arrive: "+err.Error(), http.StatusBadRequest)
		return
	}
	h.opened++
	h.filled = nil
	w.Header().Set(tableHeader, strconv.Itoa(h.opened))
	opened, err := h.session.Open(r.URL.Query().Get("name"), data, reading)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	_ = json.NewEncoder(w).Encode(opened)
}

// fill writes one JSON line an update, {"progress": {"share", "note"}}, and at last the result, or {"error"}. It ends with
// the best found by then where it is told to stop, and for nothing where the page was closed.
func (h *handler) fill(w http.ResponseWriter, r *http.Request) {
	var work session.Work
	if err := json.NewDecoder(r.Body).Decode(&work); err != nil {
		http.Error(w, "work: "+err.Error(), http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	h.stopping.Lock()
	h.cancel = cancel
	h.stopping.Unlock()
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines, flush := json.NewEncoder(w), http.NewResponseController(w)
	filled, err := h.session.Fill(ctx, work, h.Threads, func(p lacuna.Progress) {
		_ = lines.Encode(map[string]any{"progress": map[string]any{"share": p.Done, "note": session.Note(p)}})
		_ = flush.Flush()
	})
	if err != nil {
		_ = lines.Encode(map[string]string{"error": err.Error()})
		return
	}
	h.filled = filled
	_ = lines.Encode(filled)
}

func (h *handler) table(w http.ResponseWriter, _ *http.Request) {
	if h.filled == nil {
		http.Error(w, "no table was filled", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(h.filled.Table)
}

func (h *handler) stop(w http.ResponseWriter, _ *http.Request) {
	h.stopping.Lock()
	defer h.stopping.Unlock()
	h.cancel()
	w.WriteHeader(http.StatusNoContent)
}
