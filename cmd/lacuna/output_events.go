package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// interfaceVersion is that of docs/interface.md. It changes when a program that was written for the former one would
// fail or misread what it gets; what is only added leaves it as it is.
const interfaceVersion = 1

// event is a line on standard error with --progress json; those of progress are written by internal/progress.
type event struct {
	Event     string `json:"event"` // start, warning, result or error
	Interface int    `json:"interface,omitempty"`
	Version   string `json:"version,omitempty"`
	Text      string `json:"text,omitempty"`
	Code      int    `json:"code,omitempty"`
	Result    any    `json:"result,omitempty"`
}

// progressFlag gives a command the flag --progress.
func (a *app) progressFlag(command *cobra.Command) {
	command.Flags().Var((*progressForm)(a), "progress",
		"auto shows a bar or lines, json writes one JSON object a line on standard error, for programs")
}

// progressForm is the flag --progress.
type progressForm app

func (f *progressForm) Type() string { return "form" }

func (f *progressForm) String() string {
	if f.events {
		return "json"
	}
	return "auto"
}

func (f *progressForm) Set(text string) error {
	switch text {
	case "auto", "json":
		f.events = text == "json"
		return nil
	}
	return fmt.Errorf("choose auto or json")
}

// tell writes an event, where events are asked for.
func (a *app) tell(e event) {
	if !a.events {
		return
	}
	line, err := json.Marshal(e)
	if err != nil {
		line, _ = json.Marshal(event{Event: "error", Text: err.Error(), Code: exitUnexpected})
	}
	a.stderr.Write(append(line, '\n'))
}

// begin is the first event of a run.
func (a *app) begin() {
	a.tell(event{Event: "start", Interface: interfaceVersion, Version: buildVersion().Version})
}

// finish gives the result of a run: as an event, as the JSON document of --json, and in words.
func (a *app) finish(result any, words func() string) error {
	a.tell(event{Event: "result", Result: result})
	if a.json {
		return a.printJSON(result)
	}
	a.say("%s", words())
	return nil
}

// leaveStandardOutput makes room for data on standard output: summaries go to standard error, where with --progress json
// only events belong.
func (a *app) leaveStandardOutput() {
	a.summaries = a.stderr
	if a.events {
		a.summaries = io.Discard
	}
}
