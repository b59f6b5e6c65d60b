package dataio

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npz"
)

// TestMaskedArray reads an array whose gaps a mask names, as numpy.ma does, in another order of memory than the mask's.
func TestMaskedArray(t *testing.T) {
	archive := func(members ...string) string {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for k := 0; k < len(members); k += 2 {
			if err := addMember(w, members[k]+".npy", zip.Deflate, []byte(members[k+1])); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	array := string(npyHeader("<i2", true, []int{2, 2})) + "\x01\x00\x02\x00\x03\x00\x04\x00" // 1 3, 2 4
	mask := string(npyHeader("|b1", false, []int{2, 2})) + "\x00\x01\x00\x00"
	table := mustRead(t, save(t, "t.npz", archive("data", array, "mask", mask)), Options{})
	if got := fmt.Sprint(table.Observed().Values, table.Gaps()); got != "[1 2 4] 1" {
		t.Errorf("read %s", got)
	}
	after, data := written(t, table, "out.npz", Options{Array: "data"})
	checkFilledCells(t, table, after)
	var left []bool
	if err := npz.Read(bytes.NewReader(data), "mask.npy", &left); err != nil ||
		fmt.Sprint(left) != "[false false false false]" {
		t.Errorf("the mask of the output is %v (%v)", left, err)
	}
	none := string(npyHeader("|b1", false, nil)) + "\x00"
	if table = mustRead(t, save(t, "t.npz", archive("data", array, "mask", none)), Options{}); !table.Complete() {
		t.Errorf("%d gaps without a mask", table.Gaps())
	}
	for want, other := range map[string]string{
		"its mask [1 2]":               string(npyHeader("|b1", false, []int{1, 2})) + "\x00\x00",
		"the array mask holds numbers": array,
	} {
		if _, err := Read(save(t, "t.npz", archive("data", array, "mask", other)), Options{}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}
