package dataio

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestArraysOfOtherKinds names what a file holds in place of an array of numbers, and how it becomes one.
func TestArraysOfOtherKinds(t *testing.T) {
	s := &matSource{order: little}
	for class, want := range map[uint32]string{1: "x is a cell array", 2: "x is a struct", 5: "x is sparse: save full"} {
		out := bytes.NewBuffer(matHeader(little))
		s.layout = newLayout([]int{2, 2}, true)
		if err := s.writeArray(out, "x", class, miDouble, make([]byte, 32), false); err != nil {
			t.Fatal(err)
		}
		_, err := parse("t.mat", out.Bytes(), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("class %d: %v, want %q", class, err, want)
		}
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, name := range []string{"format", "shape", "data", "indices"} {
		member, _ := w.Create(name + ".npy")
		member.Write(npyInts([]int64{1, 2}))
	}
	w.Close()
	_, err := parse("t.npz", archive.Bytes(), Options{})
	if err == nil || !strings.Contains(err.Error(), "sparse matrix of SciPy") {
		t.Error(err)
	}
}

// TestUTF16WithoutMark reads a text whose letters take two bytes each in either order, and writes it in the same form.
func TestUTF16WithoutMark(t *testing.T) {
	text := "town\tday\tvalue\n" + "Köln\t1\t1.5\nKöln\t2\t2.5\nBonn\t1\tNA\nBonn\t2\t4.5\nUlm\t1\t4\nUlm\t2\t5\n"
	for _, high := range []int{0, 1} {
		var data []byte
		for _, unit := range utf16.Encode([]rune(text)) {
			pair := [2]byte{byte(unit), byte(unit)}
			pair[high] = byte(unit >> 8)
			data = append(data, pair[:]...)
		}
		table, err := parse("t.txt", data, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(table.Observed().Modes[0].Labels) != 3 || table.Gaps() != 1 {
			t.Errorf("%v, %d gaps", table.Observed().Modes[0].Labels, table.Gaps())
		}
		var out bytes.Buffer
		if err := table.WriteTo(&out, byCoordinates); err != nil {
			t.Fatal(err)
		}
		if out.Len()%2 != 0 || bareUTF16(out.Bytes()) != bareUTF16(data) {
			t.Errorf("%d bytes in order %v", out.Len(), bareUTF16(out.Bytes()))
		}
	}
}
