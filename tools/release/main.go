// Command release makes everything that a release consists of, in one folder:
//
//	go -C tools run ./release -o dist
//
// archives, wheels, deb and rpm packages, the static page, a list of what is in the program (CycloneDX) and the sums of
// all files. Manual pages and completions of shells are in the archives and packages. The same revision and the same Go
// give the same bytes; times are that of the commit, or of SOURCE_DATE_EPOCH.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	out := flag.String("o", "dist", "folder for the files, in the repository unless it begins with /; must be empty or absent")
	only := flag.String("platforms", strings.Join(platforms, ","), "platforms, separated by commas")
	flag.Parse()
	if err := run("..", *out, strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// platforms are those that a release has.
var platforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"}

// run makes the release of the repository at root.
func run(root, out string, chosen []string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	if !filepath.IsAbs(out) {
		out = filepath.Join(root, out)
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) > 0 {
		return fmt.Errorf("%s is not empty (%v): name another folder with -o, or empty it", out, err)
	}
	scratch, err := os.MkdirTemp("", "lacuna-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	r, err := newRelease(root, out, scratch)
	if err != nil {
		return err
	}
	if err := r.document(); err != nil {
		return err
	}
	for _, platform := range chosen {
		if err := r.platform(platform); err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
	}
	for _, step := range []func() error{func() error { return r.wheels(chosen) }, r.page, r.listParts, r.sums} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// platform makes the program, its archive and, for Linux, its packages.
func (r *release) platform(platform string) error {
	binary, err := r.build(platform)
	if err != nil {
		return err
	}
	if err := r.archive(platform, binary); err != nil {
		return err
	}
	if system, _, _ := strings.Cut(platform, "/"); system != "linux" {
		return nil
	}
	return r.packages(platform, binary)
}

// sums writes SHA256SUMS, as sha256sum -c reads it.
func (r *release) sums() error {
	entries, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(r.out, entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(data), entry.Name())
		fmt.Printf("%s: %.1f MB\n", entry.Name(), float64(len(data))/1e6)
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(list.String()), 0o666)
}
