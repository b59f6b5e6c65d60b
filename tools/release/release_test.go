package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// TestRelease makes a release from two clones and wants the same bytes, and all parts in it.
func TestRelease(t *testing.T) {
	if os.Getenv("LACUNA_LONG") == "" {
		t.Skip("takes long; LACUNA_LONG=1 runs it")
	}
	var made [2]map[string][]byte
	var revision string
	for k := range made {
		clone, out := filepath.Join(t.TempDir(), "clone"), filepath.Join(t.TempDir(), "dist")
		say(t, "git", "-c", "safe.directory=*", "clone", "--quiet", "../..", clone)
		revision = strings.TrimSpace(say(t, "git", "-C", clone, "rev-parse", "HEAD"))
		if err := run(clone, out, []string{"linux/amd64"}); err != nil {
			t.Fatal(err)
		}
		made[k] = map[string][]byte{}
		entries, err := os.ReadDir(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if made[k][entry.Name()], err = os.ReadFile(filepath.Join(out, entry.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	var endings []string
	for name, data := range made[0] {
		if !bytes.Equal(data, made[1][name]) {
			t.Errorf("%s differs when it is made again", name)
		}
		if sum := fmt.Sprintf("%x  %s\n", sha256.Sum256(data), name); name != "SHA256SUMS" &&
			!strings.Contains(string(made[0]["SHA256SUMS"]), sum) {
			t.Errorf("SHA256SUMS lacks %s", name)
		}
		endings = append(endings, name)
	}
	for _, ending := range []string{"-linux-amd64.tar.gz", ".whl", ".deb", ".rpm", "-page.zip", ".cdx.json", "SHA256SUMS"} {
		if !strings.Contains(strings.Join(endings, "\n")+"\n", ending+"\n") {
			t.Errorf("no %s among %v", ending, endings)
		}
	}
	for name, data := range made[0] {
		switch {
		case strings.HasSuffix(name, ".tar.gz"):
			checkTarball(t, data, revision)
		case strings.HasSuffix(name, ".cdx.json"):
			checkParts(t, data, revision)
		case strings.HasSuffix(name, ".deb"):
			checkDeb(t, data)
		}
	}
}

func checkTarball(t *testing.T, data []byte, revision string) {
	t.Helper()
	compressed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(compressed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(header.Name, "/")
		if files[name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{
		"lacuna", "LICENSE", "README.md", "CHANGELOG.md", "man/lacuna.1", "man/lacuna-complete.1", "man/lacuna-serve.1",
		"completions/lacuna.bash", "completions/_lacuna", "completions/lacuna.fish", "completions/lacuna.ps1",
	} {
		if len(files[name]) == 0 {
			t.Errorf("the archive lacks %s", name)
		}
	}
	program := filepath.Join(t.TempDir(), "lacuna")
	if err := os.WriteFile(program, files["lacuna"], 0o777); err != nil {
		t.Fatal(err)
	}
	var version struct{ Version, Revision string }
	if err := json.Unmarshal([]byte(say(t, program, "version", "--json")), &version); err != nil {
		t.Fatal(err)
	}
	if version.Revision != revision || version.Version == "" || version.Version == "(devel)" {
		t.Errorf("the program calls itself %+v, want revision %s", version, revision)
	}
	size := float64(len(files["lacuna"])) / 1e6
	t.Logf("%+v, %.1f MB", version, size)
	if size > 30 {
		t.Errorf("the program has %.1f MB: has something come in that looks methods up by name? CONTRIBUTING.md, Releases", size)
	}
}

func checkParts(t *testing.T, data []byte, revision string) {
	t.Helper()
	var list bom
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, c := range list.Components {
		names[c.Name] = true
	}
	if !names["github.com/spf13/cobra"] || !names["std"] || list.Metadata.Component.Properties[0].Value != revision {
		t.Errorf("the list of parts has %d, %+v", len(names), list.Metadata)
	}
}

func checkDeb(t *testing.T, data []byte) {
	t.Helper()
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		return
	}
	path := filepath.Join(t.TempDir(), "lacuna.deb")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	contents := say(t, "dpkg-deb", "--contents", path)
	for _, name := range []string{"./usr/bin/lacuna\n", "/man1/lacuna.1.gz\n", "/completions/lacuna\n"} {
		if !strings.Contains(contents, name) {
			t.Errorf("the package lacks %s:\n%s", name, contents)
		}
	}
}

func say(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	output, err := exec.Command(name, arguments...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, arguments, err)
	}
	return string(output)
}

func TestPartsAreListedOnce(t *testing.T) {
	one := &debug.BuildInfo{GoVersion: "go1.26.0", Deps: []*debug.Module{
		{Path: "example.org/b", Version: "v1.0.0", Sum: "h1:x"},
		{Path: "example.org/a", Version: "v2.0.0+incompatible", Replace: &debug.Module{Path: "example.org/c", Version: "v3.0.0"}},
	}}
	var refs []string
	for _, c := range parts([]*debug.BuildInfo{one, one}) {
		refs = append(refs, c.URL)
	}
	want := "pkg:golang/example.org/b@v1.0.0 pkg:golang/example.org/c@v3.0.0 pkg:golang/std@1.26.0"
	if got := strings.Join(refs, " "); got != want {
		t.Errorf("parts are %s, want %s", got, want)
	}
}

// TestPacking wants the bytes to depend on nothing but the files and the time.
func TestPacking(t *testing.T) {
	files := []file{{"a", 0o755, []byte("program")}, {"man/b.1", 0o644, []byte("page")}}
	at := time.Unix(1_700_000_000, 0).UTC()
	for name, pack := range map[string]func(string, []file, time.Time) ([]byte, error){"tar": tarball, "zip": zipped} {
		first, err := pack("lacuna", files, at)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := pack("lacuna", files, at.In(time.FixedZone("", 3600)).UTC()); err != nil || !bytes.Equal(first, again) {
			t.Errorf("%s: other bytes (%v)", name, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	if err := run("../..", ".", nil); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("a folder that is not empty: %v", err)
	}
	r := &release{root: t.TempDir()}
	for _, name := range []string{"python", "r"} {
		if err := os.Mkdir(filepath.Join(r.root, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"python/pyproject.toml": "version = \"1.2.0\"\n", "r/DESCRIPTION": "Version: 1.3.0\n"} {
		if err := os.WriteFile(filepath.Join(r.root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.declaredVersion(); err == nil || !strings.Contains(err.Error(), "1.3.0") {
		t.Errorf("two versions: %v", err)
	}
}
