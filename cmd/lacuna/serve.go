package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"lacuna/examples"
	"lacuna/internal/serve"
	"lacuna/web"
)

// serveFlags is what the user of `lacuna serve` asked for.
type serveFlags struct {
	host, watch   string
	port, threads int
}

func newServe(a *app) *cobra.Command {
	f := new(serveFlags)
	command := &cobra.Command{
		Use:   "serve",
		Short: "Fill tables in a page of the browser, with this program behind it",
		Long: `serve prints the address of a page: drop a table there, see how it was read and where its gaps are, fill it, read the
report and take the filled table away. Nothing leaves this machine: only it can reach the page, and only with the token
in the address that is printed.

With --watch it shows a run of lacuna train while that is under way: blocks that emerge, losses, the effective rank.`,
		Example: `  lacuna serve
  lacuna train --synthetic 10x10x10x10 --depth 1 --live run.jsonl & lacuna serve --watch run.jsonl`,
		Args: arguments(),
		RunE: func(command *cobra.Command, _ []string) error { return runServe(command.Context(), a, f) },
	}
	flags := command.Flags()
	flags.StringVar(&f.host, "host", "127.0.0.1", "address to listen at; another than the machine's own lets others in")
	flags.IntVar(&f.port, "port", 0, "port to listen at (default: a free one)")
	flags.IntVar(&f.threads, "threads", 0, "threads (default: all processors); the result does not depend on it")
	flags.StringVar(&f.watch, "watch", "", "show the run that lacuna train --live writes to this file")
	return command
}

func runServe(ctx context.Context, a *app, f *serveFlags) error {
	if f.port < 0 || f.port > 65535 {
		return usageError{fmt.Errorf("--port %d: give a number from 1 to 65535", f.port)}
	}
	if f.threads < 0 {
		return usageError{fmt.Errorf("--threads %d: give a number above 0", f.threads)}
	}
	page := ""
	if f.watch != "" {
		if f.threads != 0 {
			return usageError{errors.New("--threads has no effect on a run that is only watched: leave it out")}
		}
		if err := checkEnding("--watch", f.watch, []string{"jsonl"}); err != nil {
			return err
		}
		page = "train.html"
	}
	if err := checkThreads(f.threads); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(f.host, strconv.Itoa(f.port)))
	if err != nil {
		return inputError(fmt.Errorf("%w: choose another --host or --port", err))
	}
	address := listener.Addr().(*net.TCPAddr)
	switch {
	case address.IP.IsUnspecified():
		a.warn("--host %s: other machines can reach this page, but it answers under the name localhost alone: give --host the address "+
			"by which they know this machine", f.host)
	case !address.IP.IsLoopback():
		a.warn("--host %s: other machines can reach this page, and what they send can be read on the way", f.host)
	}
	token := rand.Text()
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: serve.Handler(serve.Options{
			Token: token, Hosts: hostNames(f.host, address), Threads: f.threads, Version: buildVersion().Version,
			Page: web.Files, Example: examples.Stations, Watch: f.watch,
		}),
	}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	fmt.Fprintf(a.stdout, "http://%s/%s#token=%s\n", net.JoinHostPort(shownHost(f.host), strconv.Itoa(address.Port)), page,
		token)
	a.say("Open this address in a browser on this machine. Ctrl-C ends it.")
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// hostNames are the names under which a browser may ask for the page.
func hostNames(host string, address *net.TCPAddr) []string {
	port := strconv.Itoa(address.Port)
	names := []string{net.JoinHostPort(shownHost(host), port), net.JoinHostPort(address.IP.String(), port)}
	if address.IP.IsLoopback() {
		names = append(names, net.JoinHostPort("localhost", port))
	}
	return names
}

// shownHost is a host that a browser can open: where every address is listened at, this machine's name for itself.
func shownHost(host string) string {
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return "localhost"
	}
	return host
}
