package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"lacuna": func() { os.Exit(run()) },
	})
}

// TestScripts runs the scripts in testdata/script, in which lacuna is the command under test.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			folder, err := filepath.Abs("testdata")
			env.Setenv("TESTDATA", folder)
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"interrupt":      interrupt,
			"same-path":      samePath,
			"head":           head,
			"exits":          exits,
			"column":         column,
			"sorted":         sortedLines,
			"json":           checkJSON,
			"array":          checkArray,
			"events":         checkEvents,
			"nofiles":        noFiles,
			"table":          makeTable,
			"observed-equal": observedEqual,
		},
	})
}
