package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// project is the Python package: what pyproject.toml says, and its files.
type project struct {
	Name         string
	Version      string
	Description  string
	Requires     string `toml:"requires-python"`
	License      struct{ Text string }
	Keywords     []string
	Classifiers  []string
	Dependencies []string
	Optional     map[string][]string `toml:"optional-dependencies"`
	Scripts      map[string]string

	readme, license []byte
	files           map[string][]byte // of the package, by their path in the wheel
}

// loadProject reads python/ of the repository at root.
func loadProject(root string) (*project, error) {
	folder := filepath.Join(root, "python")
	var file struct{ Project *project }
	if _, err := toml.DecodeFile(filepath.Join(folder, "pyproject.toml"), &file); err != nil {
		return nil, err
	}
	p := file.Project
	if p == nil || p.Name == "" || p.Version == "" {
		return nil, fmt.Errorf("pyproject.toml has no name or no version")
	}
	var err error
	if p.readme, err = os.ReadFile(filepath.Join(folder, "README.md")); err != nil {
		return nil, err
	}
	if p.license, err = os.ReadFile(filepath.Join(root, "LICENSE")); err != nil {
		return nil, err
	}
	p.files = map[string][]byte{}
	for _, pattern := range []string{"*.py", "py.typed"} {
		paths, err := filepath.Glob(filepath.Join(folder, p.Name, pattern))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			if p.files[p.Name+"/"+filepath.Base(path)], err = os.ReadFile(path); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

func (p *project) wheelName(on platform) string {
	return fmt.Sprintf("%s-%s-py3-none-%s.whl", p.Name, p.Version, on.tag)
}

// wheel packs the package and the command, as the Python packaging guide's "Binary distribution format" says: an archive
// with the package, and a folder .dist-info that ends in RECORD, the sums of all files.
func (p *project) wheel(on platform, binary []byte) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	var record strings.Builder
	info := fmt.Sprintf("%s-%s.dist-info/", p.Name, p.Version)
	add := func(name string, mode os.FileMode, data []byte) error {
		// Archives keep no earlier time, and the same inputs give the same bytes.
		header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		header.SetMode(mode)
		file, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum[:]), len(data))
		_, err = file.Write(data)
		return err
	}
	command := p.Name + "/bin/lacuna"
	if on.system == "windows" {
		command += ".exe"
	}
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		if err := add(name, 0o644, p.files[name]); err != nil {
			return nil, err
		}
	}
	if err := add(command, 0o755, binary); err != nil {
		return nil, err
	}
	for _, file := range []struct {
		name string
		data []byte
	}{
		{"METADATA", []byte(p.metadata())},
		{"WHEEL", []byte(wheelText(on))},
		{"entry_points.txt", []byte(p.entryPoints())},
		{"LICENSE", p.license},
	} {
		if err := add(info+file.name, 0o644, file.data); err != nil {
			return nil, err
		}
	}
	name := info + "RECORD"
	if err := add(name, 0o644, []byte(record.String()+name+",,\n")); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}

// metadata is the core metadata, version 2.1, with the read-me as its text.
func (p *project) metadata() string {
	var s strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&s, "%s: %s\n", key, value)
		}
	}
	line("Metadata-Version", "2.1")
	line("Name", p.Name)
	line("Version", p.Version)
	line("Summary", p.Description)
	line("License", p.License.Text)
	line("Keywords", strings.Join(p.Keywords, ","))
	for _, c := range p.Classifiers {
		line("Classifier", c)
	}
	line("Requires-Python", p.Requires)
	for _, d := range p.Dependencies {
		line("Requires-Dist", d)
	}
	for _, extra := range slices.Sorted(maps.Keys(p.Optional)) {
		line("Provides-Extra", extra)
		for _, d := range p.Optional[extra] {
			line("Requires-Dist", fmt.Sprintf("%s ; extra == %q", d, extra))
		}
	}
	line("License-File", "LICENSE")
	line("Description-Content-Type", "text/markdown")
	return s.String() + "\n" + string(p.readme)
}

func wheelText(on platform) string {
	var s strings.Builder
	s.WriteString("Wheel-Version: 1.0\nGenerator: lacuna-wheels\nRoot-Is-Purelib: false\n")
	for _, tag := range strings.Split(on.tag, ".") {
		fmt.Fprintf(&s, "Tag: py3-none-%s\n", tag)
	}
	return s.String()
}

func (p *project) entryPoints() string {
	var s strings.Builder
	s.WriteString("[console_scripts]\n")
	for _, name := range slices.Sorted(maps.Keys(p.Scripts)) {
		fmt.Fprintf(&s, "%s = %s\n", name, p.Scripts[name])
	}
	return s.String()
}
