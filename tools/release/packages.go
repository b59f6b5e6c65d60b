package main

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	"github.com/goreleaser/nfpm/v2/rpm"
)

// places says where the parts of a package go.
type places struct{ zsh, license string }

// packages makes a .deb and an .rpm. The program is static: they depend on nothing.
func (r *release) packages(platform, binary string) error {
	for _, kind := range []struct {
		nfpm.Packager
		places
	}{
		{deb.Default, places{"/usr/share/zsh/vendor-completions", "copyright"}},
		{rpm.DefaultRPM, places{"/usr/share/zsh/site-functions", "LICENSE"}},
	} {
		contents, err := r.contents(binary, kind.places)
		if err != nil {
			return err
		}
		info := nfpm.WithDefaults(&nfpm.Info{
			Name: "lacuna", Arch: path.Base(platform), Platform: "linux", Version: r.version, Release: "1", MTime: r.time,
			Section: "science", Priority: "optional", Maintainer: "The lacuna authors <lacuna@example.org>",
			License: "BSD-3-Clause",
			Description: "Fills the holes in a table of any number of dimensions\n" +
				"lacuna needs no setting to be tuned, and says how far to trust what it filled in.",
			Overridables: nfpm.Overridables{Contents: contents, RPM: nfpm.RPM{BuildHost: "lacuna"}},
		})
		var out bytes.Buffer
		if err := kind.Package(info, &out); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(r.out, kind.ConventionalFileName(info)), out.Bytes(), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// contents are the files of a package, which nfpm wants to find on the disk.
func (r *release) contents(binary string, at places) (files.Contents, error) {
	var contents files.Contents
	add := func(source, destination string, mode os.FileMode) {
		contents = append(contents, &files.Content{
			Source: source, Destination: destination,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: r.time},
		})
	}
	add(binary, "/usr/bin/lacuna", 0o755)
	for _, document := range r.documents {
		data, name := document.data, path.Base(document.name)
		var to string
		switch {
		case strings.HasPrefix(document.name, "man/"):
			var err error
			if data, err = gzipped(data); err != nil {
				return nil, err
			}
			name += ".gz"
			to = "/usr/share/man/man1/" + name
		case name == "lacuna.bash":
			to = "/usr/share/bash-completion/completions/lacuna"
		case name == "_lacuna":
			to = at.zsh + "/_lacuna"
		case name == "lacuna.fish":
			to = "/usr/share/fish/vendor_completions.d/lacuna.fish"
		case name == "LICENSE":
			to = "/usr/share/doc/lacuna/" + at.license
		case name == "CHANGELOG.md":
			to = "/usr/share/doc/lacuna/CHANGELOG.md"
		default:
			continue
		}
		source := filepath.Join(r.scratch, "package-"+name)
		if err := os.WriteFile(source, data, 0o666); err != nil {
			return nil, err
		}
		add(source, to, 0o644)
	}
	return contents, nil
}
