package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionInfo is what `lacuna version --json` prints.
type versionInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Threads  int    `json:"threads"`
}

func newVersion(a *app) *cobra.Command {
	command := &cobra.Command{
		Use:   "version",
		Short: "Print the version, and what it was built with",
		Args:  arguments(),
		RunE:  func(*cobra.Command, []string) error { return runVersion(a) },
	}
	a.jsonFlag(command)
	return command
}

func runVersion(a *app) error {
	info := buildVersion()
	if a.json {
		return a.printJSON(info)
	}
	a.say("%s", info)
	return nil
}

func (info versionInfo) String() string {
	revision := ""
	if info.Revision != "" {
		revision = ", revision " + info.Revision
		if info.Modified {
			revision += " with changes"
		}
	}
	return fmt.Sprintf("lacuna %s%s\n%s, %s, %d threads", info.Version, revision, info.Go, info.Platform, info.Threads)
}

func buildVersion() versionInfo {
	info := versionInfo{
		Version: "unknown", Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, Threads: runtime.GOMAXPROCS(0),
	}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return info
	}
	info.Version = build.Main.Version
	for _, setting := range build.Settings {
		switch setting.Key {
		case "vcs.revision":
			info.Revision = setting.Value
		case "vcs.modified":
			info.Modified = setting.Value == "true"
		}
	}
	return info
}
