// Command lacuna fills the holes in tables of any number of dimensions, and is a laboratory for the
// gradient flow of deep tensor factorisation that it fills them with.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() { os.Exit(run()) }

// run is main without the exit, so that deferred work is done.
func run() (code int) {
	defer func() {
		if cause := recover(); cause != nil {
			fmt.Fprintf(os.Stderr, "lacuna: internal error: %v\n"+
				"This is a bug in lacuna; please report it with the lines below.\n%s", cause, debug.Stack())
			code = exitUnexpected
		}
	}()
	ctx, release := interruptible(context.Background())
	defer release()
	return execute(ctx, newApp(os.Stdout, os.Stderr), os.Args[1:])
}

// interruptible returns a context that the first Ctrl-C (or SIGTERM) cancels, so that the command can
// keep what it has; the second one ends the process at once.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			fmt.Fprintln(os.Stderr, "lacuna: interrupted, keeping what there is; interrupt again to stop at once")
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}
