// Package rcheck tests the R package in r/ with R CMD check.
package rcheck

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheck builds the command and the package, and wants R CMD check to find no error and no warning.
func TestCheck(t *testing.T) {
	if os.Getenv("LACUNA_LONG") == "" {
		t.Skip("takes long; LACUNA_LONG=1 runs it")
	}
	if exec.Command("R", "--version").Run() != nil {
		t.Skip("R is not installed (Debian: r-base-core, r-cran-testthat)")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	binary := filepath.Join(folder, "lacuna")
	run(t, root, nil, "go", "build", "-o", binary, "./cmd/lacuna")
	run(t, folder, nil, "R", "CMD", "build", filepath.Join(root, "r"))
	archives, err := filepath.Glob(filepath.Join(folder, "lacuna_*.tar.gz"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("archives %v (%v)", archives, err)
	}
	environment := []string{"LACUNA=" + binary, "_R_CHECK_FORCE_SUGGESTS_=false"}
	output := run(t, folder, environment, "R", "CMD", "check", "--no-manual", archives[0])
	if strings.Contains(output, "WARNING") || !strings.Contains(output, "Status: ") {
		t.Errorf("R CMD check:\n%s", output)
	}
}

func run(t *testing.T, folder string, environment []string, name string, arguments ...string) string {
	t.Helper()
	command := exec.Command(name, arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(), environment...)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, arguments, err, output)
	}
	return string(output)
}
