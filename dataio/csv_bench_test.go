package dataio

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

// longText is a table of numbers with short labels; one value in fifty is a gap.
func longText(rows int, shuffled bool) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	out := append(make([]byte, 0, 24*rows), "day,station,hour,value\n"...)
	cells := r.Perm(4 * rows)[:rows]
	if !shuffled {
		slices.Sort(cells)
	}
	for _, c := range cells {
		out = fmt.Appendf(out, "%d,s%d,%d,", c/240, c/24%10, c%24)
		if r.IntN(50) > 0 {
			out = fmt.Appendf(out, "%.4f", 10*r.NormFloat64())
		}
		out = append(out, '\n')
	}
	return out
}

func BenchmarkReadLongCSV(b *testing.B) {
	for _, order := range []string{"sorted", "shuffled"} {
		text := longText(1_000_000, order == "shuffled")
		b.Run(order, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parse("t.csv", text, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWriteLongCSV(b *testing.B) {
	text := longText(1_000_000, false)
	table, err := parse("t.csv", text, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := table.WriteTo(io.Discard, byCoordinates); err != nil {
			b.Fatal(err)
		}
	}
}
