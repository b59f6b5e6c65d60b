//go:build js && page

// Command wasm is lacuna in a browser's worker. It gives the worker an object, lacuna, with the functions open, fill and
// stop; web/worker.js calls them.
package main

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"syscall/js"
	"time"

	"lacuna"
	"lacuna/internal/session"
)

func main() {
	e := &engine{}
	if build, ok := debug.ReadBuildInfo(); ok {
		e.session.Version = build.Main.Version
	}
	js.Global().Set("lacuna", map[string]any{
		"open": js.FuncOf(e.open), "fill": js.FuncOf(e.fill), "stop": js.FuncOf(e.stop),
	})
	js.Global().Call("ready")
	select {}
}

type engine struct {
	session session.Session
	cancel  context.CancelFunc
}

// open(name, bytes, reading) returns how the file was read, as JSON.
func (e *engine) open(_ js.Value, args []js.Value) any {
	data := make([]byte, args[1].Length())
	js.CopyBytesToGo(data, args[1])
	var reading session.Reading
	if err := json.Unmarshal([]byte(args[2].String()), &reading); err != nil {
		return failed(err)
	}
	opened, err := e.session.Open(args[0].String(), data, reading)
	if err != nil {
		return failed(err)
	}
	return encoded(opened)
}

// fill(work, progress, done) begins to fill. It calls progress(share, note) now and then, and at last done(json, table).
func (e *engine) fill(_ js.Value, args []js.Value) any {
	var work session.Work
	if err := json.Unmarshal([]byte(args[0].String()), &work); err != nil {
		args[2].Invoke(failed(err), js.Null())
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	go func() {
		defer cancel()
		filled, err := e.session.Fill(&breathing{ctx, time.Now()}, work, 1, reporting(args[1]))
		if err != nil {
			args[2].Invoke(failed(err), js.Null())
			return
		}
		table := js.Global().Get("Uint8Array").New(len(filled.Table))
		js.CopyBytesToJS(table, filled.Table)
		args[2].Invoke(encoded(filled), table)
	}()
	return nil
}

func (e *engine) stop(js.Value, []js.Value) any {
	if e.cancel != nil {
		e.cancel()
	}
	return nil
}

// reporting tells the page how far the work is, ten times a second at most.
func reporting(report js.Value) func(lacuna.Progress) {
	const between = 100 * time.Millisecond
	var last time.Time
	return func(p lacuna.Progress) {
		if p.Done < 1 && time.Since(last) < between {
			return
		}
		last = time.Now()
		report.Invoke(p.Done, session.Note(p))
	}
}

// breathing is a context whose work sleeps a moment now and then when it asks whether to go on, as every sweep does: the
// worker has one thread, and hears of the page's wish to stop only while that sleeps.
type breathing struct {
	context.Context
	last time.Time
}

func (b *breathing) Err() error {
	const between = 200 * time.Millisecond
	if time.Since(b.last) > between {
		time.Sleep(time.Millisecond)
		b.last = time.Now()
	}
	return b.Context.Err()
}

func encoded(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return failed(err)
	}
	return string(text)
}

func failed(err error) string { return encoded(map[string]string{"error": err.Error()}) }
