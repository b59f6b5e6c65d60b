package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"lacuna/tools/internal/program"
)

// release is what all files of a release share.
type release struct {
	root, out, scratch string
	version            string // as 0.1.0
	time               time.Time
	programs           []*debug.BuildInfo
	documents          []file // manual pages, completions, texts: what goes beside the program
}

// file is one of an archive or a package.
type file struct {
	name string // with / between folders
	mode os.FileMode
	data []byte
}

func newRelease(root, out, scratch string) (*release, error) {
	r := &release{root: root, out: out, scratch: scratch}
	var err error
	if r.version, err = r.declaredVersion(); err != nil {
		return nil, err
	}
	if r.time, err = r.commitTime(); err != nil {
		return nil, err
	}
	return r, r.checkTag()
}

// declaredVersion is that of the Python package, which the R package must have too.
func (r *release) declaredVersion() (string, error) {
	var found []string
	for _, place := range [][2]string{{"python/pyproject.toml", `(?m)^version = "(.*)"$`}, {"r/DESCRIPTION", `(?m)^Version: (.*)$`}} {
		data, err := os.ReadFile(filepath.Join(r.root, place[0]))
		if err != nil {
			return "", err
		}
		match := regexp.MustCompile(place[1]).FindSubmatch(data)
		if match == nil {
			return "", fmt.Errorf("%s names no version", place[0])
		}
		found = append(found, string(match[1]))
	}
	if found[0] != found[1] {
		return "", fmt.Errorf("python/pyproject.toml has version %s, r/DESCRIPTION %s: make them one", found[0], found[1])
	}
	return found[0], nil
}

// commitTime is SOURCE_DATE_EPOCH, or else the time of the commit.
func (r *release) commitTime() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		output, err := r.git("log", "-1", "--format=%ct")
		if err != nil {
			return time.Time{}, err
		}
		text = output
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// checkTag wants a tagged revision to be in the changelog. One without a tag is a trial.
func (r *release) checkTag() error {
	tags, err := r.git("tag", "--points-at", "HEAD")
	if err != nil {
		return err
	}
	tag := "v" + r.version
	if !strings.Contains("\n"+tags+"\n", "\n"+tag+"\n") {
		fmt.Fprintf(os.Stderr, "release: this revision has no tag %s: what is made here is a trial\n", tag)
		return nil
	}
	log, err := os.ReadFile(filepath.Join(r.root, "CHANGELOG.md"))
	if err == nil && !regexp.MustCompile(`(?m)^## \[?`+regexp.QuoteMeta(r.version)+`\b`).Match(log) {
		err = fmt.Errorf("CHANGELOG.md has no section %s: give what is unreleased its version and date", r.version)
	}
	return err
}

func (r *release) git(arguments ...string) (string, error) {
	output, err := r.command("git", arguments...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: a release is made from a checkout", arguments[0], err)
	}
	return strings.TrimSpace(string(output)), nil
}

// command is one to be run at the root. The checkout may belong to somebody else.
func (r *release) command(name string, arguments ...string) *exec.Cmd {
	c := exec.Command(name, arguments...)
	c.Dir = r.root
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
	c.Stderr = os.Stderr
	return c
}

// build compiles the program for a platform and returns the path of the file.
func (r *release) build(platform string) (string, error) {
	system, processor, ok := strings.Cut(platform, "/")
	if !ok {
		return "", errors.New("name the platform as linux/amd64")
	}
	path := filepath.Join(r.scratch, system+"-"+processor, "lacuna")
	if system == "windows" {
		path += ".exe"
	}
	c := r.command("go", program.Build(path, "-buildvcs=true")...)
	c.Env = append(c.Env, "GOOS="+system, "GOARCH="+processor)
	if err := c.Run(); err != nil {
		return "", err
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", err
	}
	if setting(info, "vcs.revision") == "" {
		return "", errors.New("the program does not name its revision: make the release in a clone of the repository, " +
			"not in a further working tree")
	}
	r.programs = append(r.programs, info)
	return path, nil
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// document makes what goes beside the program, with a program for this machine.
func (r *release) document() error {
	program, err := r.build(runtime.GOOS + "/" + runtime.GOARCH)
	r.programs = nil
	if err != nil {
		return err
	}
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		data, err := os.ReadFile(filepath.Join(r.root, name))
		if err != nil {
			return err
		}
		r.documents = append(r.documents, file{name, 0o644, data})
	}
	for _, shell := range [][2]string{
		{"bash", "lacuna.bash"}, {"zsh", "_lacuna"}, {"fish", "lacuna.fish"}, {"powershell", "lacuna.ps1"},
	} {
		script, err := r.command(program, "completion", shell[0]).Output()
		if err != nil {
			return fmt.Errorf("completions of %s: %w", shell[0], err)
		}
		r.documents = append(r.documents, file{"completions/" + shell[1], 0o644, script})
	}
	folder := filepath.Join(r.scratch, "man")
	if err := os.Mkdir(folder, 0o777); err != nil {
		return err
	}
	if err := r.command(program, "man", folder).Run(); err != nil {
		return fmt.Errorf("manual pages: %w", err)
	}
	pages, err := filepath.Glob(filepath.Join(folder, "*.1"))
	for _, page := range pages {
		data, failed := os.ReadFile(page)
		err = cmp.Or(err, failed)
		r.documents = append(r.documents, file{"man/" + filepath.Base(page), 0o644, data})
	}
	return err
}

// wheels makes those of the Python package with the command that does that alone.
func (r *release) wheels(chosen []string) error {
	c := r.command("go", "run", "./wheels", "-o", r.out, "-platforms", strings.Join(chosen, ","))
	c.Dir = filepath.Join(r.root, "tools")
	var said bytes.Buffer
	c.Stdout = &said
	if err := c.Run(); err != nil {
		return fmt.Errorf("wheels: %w: %s", err, &said)
	}
	return nil
}
