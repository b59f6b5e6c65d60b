package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"io"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// TestWheels checks what an installer checks: names, sums, metadata, and that the command may be run.
func TestWheels(t *testing.T) {
	p, err := loadProject(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, on := range platforms {
		wheel, err := p.wheel(on, []byte("the command"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := p.wheel(on, []byte("the command"))
		if err != nil || !bytes.Equal(wheel, again) {
			t.Errorf("%s: the same inputs give other bytes (%v)", on.name(), err)
		}
		archive, err := zip.NewReader(bytes.NewReader(wheel), int64(len(wheel)))
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, file := range archive.File {
			r, err := file.Open()
			if err != nil {
				t.Fatal(err)
			}
			if files[file.Name], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
			if run := strings.Contains(file.Name, "/bin/"); (file.Mode()&0o111 != 0) != run {
				t.Errorf("%s: %s has mode %v", on.name(), file.Name, file.Mode())
			}
		}
		info := p.Name + "-" + p.Version + ".dist-info/"
		if last := archive.File[len(archive.File)-1].Name; last != info+"RECORD" {
			t.Errorf("%s: the last file is %s", on.name(), last)
		}
		checkRecord(t, files, info+"RECORD")
		checkMetadata(t, p, files[info+"METADATA"])
		if files["lacuna/py.typed"] == nil || files["lacuna/__init__.py"] == nil || len(files) < 15 {
			t.Errorf("%s: the package lacks files", on.name())
		}
		name := p.wheelName(on)
		if parts := strings.Split(strings.TrimSuffix(name, ".whl"), "-"); len(parts) != 5 || parts[2] != "py3" {
			t.Errorf("%s is no name of a wheel", name)
		}
	}
}

// checkRecord compares sums and sizes with the files.
func checkRecord(t *testing.T, files map[string][]byte, name string) {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(files[name])).ReadAll()
	if err != nil || len(lines) != len(files) {
		t.Fatalf("RECORD has %d lines for %d files (%v)", len(lines), len(files), err)
	}
	for _, line := range lines {
		if line[0] == name {
			continue
		}
		data := files[line[0]]
		sum := sha256.Sum256(data)
		if line[1] != "sha256="+base64.RawURLEncoding.EncodeToString(sum[:]) || line[2] != strconv.Itoa(len(data)) {
			t.Errorf("RECORD says %v", line)
		}
	}
}

// checkMetadata reads the metadata as an index does.
func checkMetadata(t *testing.T, p *project, text []byte) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"Metadata-Version": "2.1", "Name": "lacuna", "Version": p.Version, "Requires-Dist": "numpy>=1.22",
		"Description-Content-Type": "text/markdown", "Summary": p.Description,
	} {
		if got := m.Header.Get(key); got != want || want == "" {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	body, err := io.ReadAll(m.Body)
	if err != nil || !bytes.Equal(body, p.readme) {
		t.Errorf("the text is not the read-me (%v)", err)
	}
}

func TestUnknownPlatform(t *testing.T) {
	if err := run(root, t.TempDir(), "plan9/amd64"); err == nil || !strings.Contains(err.Error(), "plan9/amd64") {
		t.Errorf("error %v", err)
	}
}

// TestInstalled installs the wheel for Linux in a fresh environment and fills an array with it. PYTHON names another
// interpreter than python3.
func TestInstalled(t *testing.T) {
	if os.Getenv("LACUNA_LONG") == "" {
		t.Skip("takes long; LACUNA_LONG=1 runs it")
	}
	python, err := exec.LookPath(cmp.Or(os.Getenv("PYTHON"), "python3"))
	if err != nil || exec.Command(python, "-c", "import numpy, venv, ensurepip").Run() != nil {
		t.Skip("python3 with numpy and venv is not installed")
	}
	folder := t.TempDir()
	if err := run(root, folder, "linux/amd64"); err != nil {
		t.Fatal(err)
	}
	wheels, err := filepath.Glob(filepath.Join(folder, "*.whl"))
	if err != nil || len(wheels) != 1 {
		t.Fatalf("wheels %v (%v)", wheels, err)
	}
	here := filepath.Join(folder, "environment", "bin")
	const fill = `
import os, numpy as np, lacuna
assert "site-packages" in lacuna.__file__ and "LACUNA_BINARY" not in os.environ
x = np.outer(np.arange(1.0, 9), np.arange(1.0, 8)); x[2, 3] = np.nan
print(lacuna.complete(x, effort=0.001).filled[2, 3].round(3))`
	for _, step := range [][]string{
		{python, "-m", "venv", "--system-site-packages", filepath.Dir(here)},
		{filepath.Join(here, "pip"), "install", "--quiet", "--no-index", wheels[0]},
		{filepath.Join(here, "pip"), "check"},
		{filepath.Join(here, "lacuna"), "version"},
		{filepath.Join(here, "python"), "-c", fill},
	} {
		command := exec.Command(step[0], step[1:]...)
		command.Dir = folder
		output, err := command.CombinedOutput()
		// The check is of the system's packages too, which may lack something of their own.
		others := step[1] == "check" && !strings.Contains(string(output), "lacuna")
		if err != nil && !others {
			t.Fatalf("%v: %v\n%s", step, err, output)
		}
		t.Logf("%v: %s", step[:2], output)
		if strings.Contains(step[len(step)-1], "import os") && !strings.Contains(string(output), "12.0") {
			t.Errorf("filled with %s, want 12.0", output)
		}
	}
}
