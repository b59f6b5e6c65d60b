package dataio

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
)

// toySource is a square table of digits in which a dot is a gap: what a further format needs, in one place.
type toySource struct{ data []byte }

func (s *toySource) line(int) int { return 0 }

func (s *toySource) write(w io.Writer, _ *Table, next func() Filled, _ filledCells, _ []string) error {
	for _, c := range s.data {
		text := string(c)
		if c == '.' {
			text = strconv.FormatFloat(next().Value, 'f', 0, 64)
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

func readToy(path string, data []byte, o Options) (*Table, error) {
	lines := bytes.Fields(bytes.TrimPrefix(data, []byte("TOY")))
	b := newBuilder(path, o, []string{"row", "column"}, len(data))
	for k := range lines {
		b.newLabel(0, strconv.Itoa(k))
		b.newLabel(1, strconv.Itoa(k))
	}
	for i, line := range lines {
		for k, c := range line {
			cell := []int32{int32(i), int32(k)}
			if c == '.' {
				b.gap(cell)
			} else {
				b.observe(cell, float64(c-'0'))
			}
		}
	}
	return b.table("toy", &toySource{data}, newNumbers(nil, false))
}

// TestAFurtherFormatIsOneFile reads, recognises and writes a format that is declared above alone.
func TestAFurtherFormatIsOneFile(t *testing.T) {
	register(kind{format: "toy", ending: ".toy", text: true, detect: magic("TOY"), read: readToy})
	defer delete(kinds, "toy")
	table, err := ReadFrom(strings.NewReader("TOY\n123\n4.6\n78.\n"), StandardInput, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if table.Format != "toy" || table.Gaps() != 2 || table.Observed().Len() != 7 {
		t.Fatalf("format %q, %d gaps, %d observed", table.Format, table.Gaps(), table.Observed().Len())
	}
	fill := func(cell []int32) Filled { return Filled{Value: float64(cell[0]*3 + cell[1] + 1)} }
	var out bytes.Buffer
	if err := table.WriteTo(&out, fill); err != nil || out.String() != "TOY\n123\n456\n789\n" {
		t.Errorf("wrote %q (%v)", out.String(), err)
	}
	if err := table.CheckOutput("filled.npy"); err == nil || !strings.Contains(err.Error(), ".toy") {
		t.Errorf("a .npy name for it gives %v", err)
	}
	path := t.TempDir() + "/filled.toy"
	if err := table.Write(path, fill); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != out.String() {
		t.Errorf("the file holds %q (%v)", data, err)
	}
}

func TestReadFromAStreamIsReadFromAFile(t *testing.T) {
	const text = "a,b,value\nx,p,1\nx,q,2\ny,p,3\ny,q,\n"
	var packed bytes.Buffer
	packer := gzip.NewWriter(&packed)
	packer.Write([]byte(text))
	packer.Close()
	for _, content := range []string{text, packed.String()} {
		table, err := ReadFrom(strings.NewReader(content), StandardInput, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := table.WriteTo(&out, func([]int32) Filled { return Filled{Value: 6, Stderr: 1} }); err != nil {
			t.Fatal(err)
		}
		want := "a,b,value,lacuna_filled,lacuna_stderr\nx,p,1,0,\nx,q,2,0,\ny,p,3,0,\ny,q,6,1,1\n"
		if out.String() != want {
			t.Errorf("wrote %q, want %q", out.String(), want)
		}
	}
	for content, want := range map[string]string{
		"":                    "standard input: the file is empty",
		"a,b,value\nx,p,oh\n": `standard input:2: column "value"`,
		"\x1f\x8bno":          "standard input: the compressed file is damaged",
	} {
		if _, err := ReadFrom(strings.NewReader(content), StandardInput, Options{}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", content, err, want)
		}
	}
	if _, err := ReadFrom(failing{}, StandardInput, Options{}); err == nil || !strings.Contains(err.Error(), "torn") {
		t.Errorf("a broken stream gives %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("torn") }
