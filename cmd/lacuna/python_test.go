package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPython runs the tests and the examples of the Python package with this program. Those of libraries that are not
// installed are skipped. PYTHON names another interpreter than python3.
func TestPython(t *testing.T) {
	long(t)
	python, err := exec.LookPath(cmp.Or(os.Getenv("PYTHON"), "python3"))
	if err != nil || exec.Command(python, "-c", "import numpy").Run() != nil {
		t.Skip("python3 with numpy is not installed")
	}
	binary := filepath.Join(t.TempDir(), "lacuna")
	if output, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	folder := filepath.Join("..", "..", "python")
	if folder, err = filepath.Abs(folder); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "-B", "-W", "ignore", "-m", "unittest", "discover", "-v", "-s", "tests")
	command.Dir = folder
	command.Env = append(os.Environ(), "PYTHONPATH="+folder, "LACUNA_BINARY="+binary)
	output, err := command.CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Error(err)
	}
}
