package sampler

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutation is a mistake planted in a file of internal/posterior.
type mutation struct {
	what, caught string // caught: the case that catches it
	file         string
	old, fresh   string
}

func mutations(t *testing.T) (out []mutation) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "mutations.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, paragraph := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		lines := strings.Split(paragraph, "\n")
		if strings.HasPrefix(lines[0], "#") {
			continue
		}
		if len(lines) < 5 {
			t.Fatalf("mutations.txt: a paragraph is short:\n%s", paragraph)
		}
		m := mutation{what: lines[0], caught: lines[1], file: lines[2]}
		var old, fresh []string
		for _, line := range lines[3:] {
			switch {
			case strings.HasPrefix(line, "- "):
				old = append(old, line[2:])
			case strings.HasPrefix(line, "+"):
				fresh = append(fresh, strings.TrimPrefix(line[1:], " "))
			default:
				t.Fatalf("mutations.txt, %s: a line begins with neither sign: %q", m.what, line)
			}
		}
		m.old, m.fresh = strings.Join(old, "\n"), strings.Join(fresh, "\n")
		out = append(out, m)
	}
	return out
}

// plant returns the file's text with the mistake.
func (m mutation) plant(t *testing.T) (path, text string) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "posterior", m.file))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), m.old); n != 1 {
		t.Fatalf("%s has %d times the text that the mutation %q replaces, it must occur once: mend testdata/mutations.txt\n%s",
			m.file, n, m.what, m.old)
	}
	return path, strings.Replace(string(source), m.old, m.fresh, 1)
}

// TestMutationsApply asks of every planted mistake that its place is still there and that a case is to catch it.
func TestMutationsApply(t *testing.T) {
	names := map[string]bool{}
	for _, c := range Cases() {
		names[c.Name] = true
	}
	list := mutations(t)
	for _, m := range list {
		m.plant(t)
		if !names[m.caught] {
			t.Errorf("mutation %q is to be caught by the case %q, which there is not", m.what, m.caught)
		}
	}
	if len(list) < 20 {
		t.Errorf("%d mutations, there were to be 20 at least", len(list))
	}
}

// TestMutationsAreCaught compiles the short proof with each of the planted mistakes, which must make it fail; only the
// first where LACUNA_LONG is not set.
func TestMutationsAreCaught(t *testing.T) {
	list := mutations(t)
	if os.Getenv("LACUNA_LONG") == "" {
		list = list[:1]
	}
	for _, m := range list {
		t.Run(m.what, func(t *testing.T) {
			path, text := m.plant(t)
			dir := t.TempDir()
			mutant := filepath.Join(dir, m.file)
			overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: mutant}})
			if err != nil {
				t.Fatal(err)
			}
			for name, content := range map[string][]byte{mutant: []byte(text), filepath.Join(dir, "overlay.json"): overlay} {
				if err := os.WriteFile(name, content, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			command := exec.Command("go", "test", "-count=1", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"),
				"-run", "^TestProof$/^"+m.caught+"$", ".")
			output, err := command.CombinedOutput()
			if err == nil {
				t.Fatalf("the short proof passes with this mistake:\n%s", m.fresh)
			}
			if !strings.Contains(string(output), ": p < ") {
				t.Fatalf("the short proof did not fail by a test:\n%s", output)
			}
		})
	}
}
