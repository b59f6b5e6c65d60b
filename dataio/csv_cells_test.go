package dataio

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// longNotes is a table of more than one piece, in whose notes lines end and quotes stand.
func longNotes(rows int) string {
	r := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString("day,town,note,value\n")
	for k := range rows {
		note := "plain"
		switch r.IntN(6) {
		case 0:
			note = `"two` + "\n" + `lines, ""and"" more"`
		case 1:
			note = `"` + strings.Repeat("9,t9,x,1\n", 1+r.IntN(40)) + `"`
		}
		value := fmt.Sprintf("%.3f", r.NormFloat64())
		if r.IntN(20) == 0 {
			value = []string{"", "NA", "-"}[r.IntN(3)]
		}
		fmt.Fprintf(&b, "%d,t%d,%s,%s\n", k/50, k%50, note, value)
	}
	return b.String()
}

// TestPiecesGiveTheSameTable: quoted fields run across the borders of pieces, and the table is that which the standard
// library reads, for any number of threads.
func TestPiecesGiveTheSameTable(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	const rows = 60_000
	text := longNotes(rows)
	if len(text) < 3*pieceSize {
		t.Fatalf("%d bytes are too few", len(text))
	}
	path, o := save(t, "t.csv", text), Options{Index: []string{"day", "town"}, Value: "value"}
	var first string
	var want strings.Builder
	gaps := map[[2]int32]string{}
	for k, row := range readPlain(t, text, ',')[1:] {
		want.WriteString(row[0] + row[1] + row[3] + "\n")
		if isUsualGap([]byte(row[3])) {
			gaps[[2]int32{int32(k / 50), int32(k % 50)}] = row[3]
		}
	}
	for _, threads := range []int{1, 2, 3, 8} {
		runtime.GOMAXPROCS(threads)
		table := mustRead(t, path, o)
		var got strings.Builder
		modes := table.Observed().Modes
		if table.Observed().Len()+table.Gaps() != rows || table.Gaps() != len(gaps) {
			t.Fatalf("%d threads: %d cells and %d gaps", threads, table.Observed().Len(), table.Gaps())
		}
		c := 0
		for k := range rows {
			cell := [2]int32{int32(k / 50), int32(k % 50)}
			if gap, isGap := gaps[cell]; isGap {
				fmt.Fprintf(&got, "%dt%d%s\n", k/50, k%50, gap)
				continue
			}
			at := table.Observed().Cell(c)
			fmt.Fprintf(&got, "%s%s%.3f\n", modes[0].Labels[at[0]], modes[1].Labels[at[1]], table.Observed().Values[c])
			c++
		}
		if got.String() != want.String() {
			t.Fatalf("%d threads: the table is another one", threads)
		}
		if out := filledText(t, table, byCoordinates) + fmt.Sprint(table.Reading); first == "" {
			first = out
		} else if out != first {
			t.Errorf("%d threads: what is written is another table", threads)
		}
	}
}

// TestErrorsInLaterPieces name the line of the whole text.
func TestErrorsInLaterPieces(t *testing.T) {
	text := longNotes(60_000)
	for _, test := range []struct{ row, want string }{
		{"1,t1,x,twelve\n", `"twelve" is no number`},
		{"1,t1,x\n", "3 fields where the header has 4"},
		{",t1,x,1\n", "the label is empty"},
		{"1,t1,\"x,1\n", "a quote is opened"},
		{"0,t0,x,77\n", "--duplicates"},
	} {
		line := strings.Count(text, "\n") + 1
		_, err := Read(save(t, "t.csv", text+test.row), Options{Index: []string{"day", "town"}, Value: "value"})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf(":%d: ", line)) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want one in line %d that says %q", err, line, test.want)
		}
	}
}
