package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
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
			env.Setenv("PYTHON", numpy())
			return err
		},
		Condition: func(name string) (bool, error) {
			if name != "numpy" {
				return false, fmt.Errorf("condition %s is unknown", name)
			}
			return numpy() != "", nil
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

// numpy finds a Python interpreter that has numpy: that of the variable PYTHON, the one on the path, or the system's. "" if
// there is none.
var numpy = sync.OnceValue(func() string {
	for _, name := range []string{os.Getenv("PYTHON"), "python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(name)
		if err == nil && exec.Command(path, "-c", "import numpy").Run() == nil {
			return path
		}
	}
	return ""
})
