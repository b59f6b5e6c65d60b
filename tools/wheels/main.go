// Command wheels makes the Python package's wheels, which carry the command, for every platform:
//
//	go -C tools run ./wheels -o dist
//
// writes one file a platform. Name, version and description are those of python/pyproject.toml. The same sources, the same
// revision and the same Go give the same bytes. It needs no Python.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"lacuna/tools/internal/program"
)

// platform is where a wheel runs: what Go calls it, and what Python does.
type platform struct{ system, processor, tag string }

// platforms are those with wheels. The binary is static, so that it runs with any C library of Linux; Go 1.26 asks for
// macOS 12.
var platforms = []platform{
	{"linux", "amd64", "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64"},
	{"linux", "arm64", "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64"},
	{"darwin", "amd64", "macosx_12_0_x86_64"},
	{"darwin", "arm64", "macosx_12_0_arm64"},
	{"windows", "amd64", "win_amd64"},
}

func (p platform) name() string { return p.system + "/" + p.processor }

func main() {
	out := flag.String("o", "dist", "folder for the wheels, in the repository unless it begins with /")
	only := flag.String("platforms", "", "platforms, separated by commas, such as linux/amd64 (default: all)")
	flag.Parse()
	if err := run("..", *out, *only); err != nil {
		fmt.Fprintln(os.Stderr, "wheels:", err)
		os.Exit(1)
	}
}

// run makes the wheels of the repository at root.
func run(root, out, only string) error {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	p, err := loadProject(root)
	if err != nil {
		return err
	}
	if !filepath.IsAbs(out) {
		out = filepath.Join(root, out)
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	for _, platform := range chosen {
		binary, err := build(root, platform)
		if err != nil {
			return err
		}
		wheel, err := p.wheel(platform, binary)
		if err != nil {
			return err
		}
		path := filepath.Join(out, p.wheelName(platform))
		if err := os.WriteFile(path, wheel, 0o666); err != nil {
			return err
		}
		fmt.Printf("%s: %.1f MB\n", path, float64(len(wheel))/1e6)
	}
	return nil
}

// choose finds platforms by their names; "" is all.
func choose(names string) ([]platform, error) {
	if names == "" {
		return platforms, nil
	}
	var chosen []platform
	for _, name := range strings.Split(names, ",") {
		k := slices.IndexFunc(platforms, func(p platform) bool { return p.name() == name })
		if k < 0 {
			return nil, fmt.Errorf("there are no wheels for %s: give linux/amd64, linux/arm64, darwin/amd64, darwin/arm64 "+
				"or windows/amd64", name)
		}
		chosen = append(chosen, platforms[k])
	}
	return chosen, nil
}

// build compiles the command.
func build(root string, p platform) ([]byte, error) {
	folder, err := os.MkdirTemp("", "wheels")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	binary := filepath.Join(folder, "lacuna")
	command := exec.Command("go", program.Build(binary)...)
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.system, "GOARCH="+p.processor)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("building for %s: %w", p.name(), err)
	}
	return os.ReadFile(binary)
}
