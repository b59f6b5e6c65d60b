package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lacuna/dataio"
)

// exits CODE PROGRAM ARGS... runs a program and fails unless it ends with that exit code. Its output is left in the
// files out and err.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	runProgram(ts, args[0], args[1], args[2:], func(*os.Process) {})
}

// interrupt DURATION CODE PROGRAM ARGS... is exits, with an interrupt after some time.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: interrupt DURATION CODE PROGRAM ARGS...")
	}
	wait, err := time.ParseDuration(args[0])
	ts.Check(err)
	runProgram(ts, args[1], args[2], args[3:], func(process *os.Process) {
		time.Sleep(wait)
		ts.Check(process.Signal(os.Interrupt))
	})
}

func runProgram(ts *testscript.TestScript, code, program string, args []string, during func(*os.Process)) {
	want, err := strconv.Atoi(code)
	ts.Check(err)
	for _, folder := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(folder, program); !filepath.IsAbs(program) {
			if _, err := os.Stat(path); err == nil {
				program = path
			}
		}
	}
	out, err := os.Create(ts.MkAbs("out"))
	ts.Check(err)
	defer out.Close()
	errOut, err := os.Create(ts.MkAbs("err"))
	ts.Check(err)
	defer errOut.Close()
	command := exec.Command(program, args...)
	command.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME"} {
		command.Env = append(command.Env, name+"="+ts.Getenv(name))
	}
	command.Stdout, command.Stderr = out, errOut
	ts.Check(command.Start())
	during(command.Process)
	err = command.Wait()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	ts.Logf("[stdout]\n%s[stderr]\n%s", ts.ReadFile("out"), ts.ReadFile("err"))
	if got := command.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// head FILE LINE compares the first line of a file.
func head(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: head FILE LINE")
	}
	if first, _, _ := strings.Cut(ts.ReadFile(args[0]), "\n"); first != args[1] {
		ts.Fatalf("%s begins with %s", args[0], first)
	}
}

// sorted FILE OUT writes the lines of a file in order.
func sortedLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sorted FILE OUT")
	}
	lines := strings.Split(ts.ReadFile(args[0]), "\n")
	sort.Strings(lines)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(lines, "\n")), 0o666))
}

// column FILE NAME prints one column of a comma-separated file, its header first, as it is spelt there.
func column(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: column FILE NAME OUT")
	}
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n")
	at := -1
	for k, name := range strings.Split(lines[0], ",") {
		if name == args[1] {
			at = k
		}
	}
	if at < 0 {
		ts.Fatalf("%s has no column %s: %s", args[0], args[1], lines[0])
	}
	var out strings.Builder
	for _, line := range lines {
		out.WriteString(strings.Split(line, ",")[at] + "\n")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(out.String()), 0o666))
}

// json FILE KEY... checks that a file holds exactly one JSON object that has the keys; KEY=VALUE also checks the value.
func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: json FILE KEY[=VALUE]...")
	}
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	var object map[string]any
	ts.Check(decoder.Decode(&object))
	if decoder.More() {
		ts.Fatalf("%s holds more than one JSON document", args[0])
	}
	for _, arg := range args[1:] {
		key, want, checked := strings.Cut(arg, "=")
		value, ok := object[key]
		if !ok {
			ts.Fatalf("%s has no key %s", args[0], key)
		}
		if got := fmt.Sprint(value); checked && got != want {
			ts.Fatalf("%s: %s is %s, want %s", args[0], key, got, want)
		}
	}
}

// array FILE KEY... checks that a file holds exactly one JSON array of at least one object, and that each has the keys.
func checkArray(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: array FILE KEY...")
	}
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	var objects []map[string]any
	ts.Check(decoder.Decode(&objects))
	if decoder.More() || len(objects) == 0 {
		ts.Fatalf("%s holds %d objects, or more than one JSON document", args[0], len(objects))
	}
	for _, object := range objects {
		for _, key := range args[1:] {
			if _, ok := object[key]; !ok {
				ts.Fatalf("%s: an object has no key %s", args[0], key)
			}
		}
	}
}

// same-path A B compares two trajectories in everything but the time on the wall.
func samePath(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same-path A B")
	}
	var paths [2][][]string
	for k, name := range args {
		lines, err := csv.NewReader(strings.NewReader(ts.ReadFile(name))).ReadAll()
		ts.Check(err)
		wall := slices.Index(lines[0], "wall_seconds")
		for l := range lines {
			lines[l][wall] = ""
		}
		paths[k] = lines
	}
	if len(paths[0]) < 10 {
		ts.Fatalf("only %d records to compare", len(paths[0]))
	}
	for l := range max(len(paths[0]), len(paths[1])) {
		if l >= len(paths[0]) || l >= len(paths[1]) || !slices.Equal(paths[0][l], paths[1][l]) {
			ts.Fatalf("the paths differ from line %d on", l+1)
		}
	}
}

// nofiles fails if the working directory holds anything but the files named, out and err.
func noFiles(ts *testscript.TestScript, neg bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs("."))
	ts.Check(err)
	allowed := map[string]bool{"out": true, "err": true, ".tmp": true}
	for _, name := range args {
		allowed[name] = true
	}
	var left []string
	for _, entry := range entries {
		if !allowed[entry.Name()] {
			left = append(left, entry.Name())
		}
	}
	sort.Strings(left)
	if len(left) > 0 {
		ts.Fatalf("left behind: %v", left)
	}
}

// observed-equal BEFORE AFTER FLAGS ERRORS compares the value column of a table with that of the filled one: known
// values are spelt as before, gaps hold numbers, the flags tell the one from the other, and only gaps have errors.
func observedEqual(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: observed-equal BEFORE AFTER FLAGS ERRORS")
	}
	var columns [4][]string
	for k, name := range args {
		columns[k] = strings.Split(ts.ReadFile(name), "\n")[1:]
		if len(columns[k]) != len(columns[0]) {
			ts.Fatalf("%s has %d rows, %s has %d", name, len(columns[k]), args[0], len(columns[0]))
		}
	}
	for k, before := range columns[0][:len(columns[0])-1] {
		after, flag, stderr := columns[1][k], columns[2][k], columns[3][k]
		if before != "" {
			if after != before || flag != "0" || stderr != "" {
				ts.Fatalf("row %d: known value %s became %s, flag %s, error %q", k+1, before, after, flag, stderr)
			}
			continue
		}
		value, err := strconv.ParseFloat(after, 64)
		ts.Check(err)
		deviation, err := strconv.ParseFloat(stderr, 64)
		ts.Check(err)
		if flag != "1" || math.IsNaN(value) || math.IsInf(value, 0) || !(deviation >= 0) {
			ts.Fatalf("row %d: filled with %s, flag %s, error %s", k+1, after, flag, stderr)
		}
	}
}

// table FILE D1xD2xD3 RANK GAP writes a smooth table of low rank in which every GAP-th cell is empty: long CSV, or an
// array where FILE ends in .npz.
func makeTable(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: table FILE SHAPE RANK GAP")
	}
	var shape []int
	for _, field := range strings.Split(args[1], "x") {
		d, err := strconv.Atoi(field)
		ts.Check(err)
		shape = append(shape, d)
	}
	rank, err := strconv.Atoi(args[2])
	ts.Check(err)
	gap, err := strconv.Atoi(args[3])
	ts.Check(err)
	var text strings.Builder
	for n := range shape {
		fmt.Fprintf(&text, "m%d,", n)
	}
	text.WriteString("value\n")
	cell := make([]int, len(shape))
	var values []float64
	for count := 0; ; count++ {
		var value float64
		for r := range rank {
			product := 1.0
			for n, i := range cell {
				product *= math.Sin(float64(1+r+n) * (0.3 + 0.7*float64(i)))
			}
			value += product / float64(1+r)
		}
		for n, i := range cell {
			fmt.Fprintf(&text, "%c%d,", 'a'+n, i)
		}
		// A multiplier that shares no factor with gap spreads the gaps over all slices.
		if count*7919%10007%gap == 0 {
			text.WriteString("\n")
			value = math.NaN()
		} else {
			text.WriteString(strconv.FormatFloat(value, 'g', -1, 64) + "\n")
		}
		values = append(values, value)
		n := len(cell) - 1
		for ; n >= 0; n-- {
			if cell[n]++; cell[n] < shape[n] {
				break
			}
			cell[n] = 0
		}
		if n < 0 {
			break
		}
	}
	if strings.HasSuffix(args[0], ".npz") {
		text.Reset()
		ts.Check(dataio.WriteArrays(&text, dataio.Array{Name: "x", Shape: shape, Values: values}))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o666))
}

// events FILE KIND... checks that every line of a file is an event of docs/interface.md, the first one the start, and that
// the kinds occur.
func checkEvents(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: events FILE KIND...")
	}
	seen := map[string]bool{}
	for k, line := range strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n") {
		var e struct {
			Event     string
			Interface int
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Event == "" {
			ts.Fatalf("%s:%d: %q is no event (%v)", args[0], k+1, line, err)
		}
		if (k == 0) != (e.Event == "start" && e.Interface == interfaceVersion) {
			ts.Fatalf("%s:%d: %s: the first event, and no other, is the start", args[0], k+1, line)
		}
		seen[e.Event] = true
	}
	for _, kind := range args[1:] {
		if !seen[kind] {
			ts.Fatalf("%s has no event %s", args[0], kind)
		}
	}
}
