package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const gemmWidth = 3 // registers

// gemmHeights are the rows of the micro-kernels, highest first.
func (t tier) gemmHeights() []int {
	if t.parts == 2 {
		return []int{4, 1}
	}
	return []int{8, 4, 1}
}

// gemmSub emits one micro-kernel for every height and width: gemmSub8x3 updates 8 rows of 3 registers.
func gemmSub(t tier) {
	for _, height := range t.gemmHeights() {
		for width := 1; width <= gemmWidth; width++ {
			doc := fmt.Sprintf("gemmSubGo for %d rows of %d columns and k ≥ 1", height, width*t.width())
			t.function(fmt.Sprintf("gemmSub%dx%d", height, width), "c, a, b *float64, k, ldc, lda, ldb int", doc, func() {
				gemmTile(t, height, width)
			})
		}
	}
}

func gemmTile(t tier, height, width int) {
	c, a, b, k := number("c"), number("a"), number("b"), number("k")
	ldc, lda, ldb := number("ldc"), number("lda"), number("ldb")
	for _, r := range []reg.GPVirtual{ldc, lda, ldb} {
		SHLQ(Imm(3), r)
	}
	bk := bank{t: t}
	acc, row := bk.take(height*width), bk.take(width)
	s := bk.take(min(2, t.registers-bk.next))
	p := copyOf(c)
	for i := range height {
		t.load(at(p), acc[i*width:][:width]...)
		if i < height-1 {
			ADDQ(ldc, p)
		}
	}
	// Rows of A relative to the first: the multiples 1, 2 and 4 of lda by scale, 3, 5, 6 and 7 from these two.
	lda3, a4 := GP64(), GP64()
	if height > 3 {
		LEAQ(Mem{Base: lda, Index: lda, Scale: 2}, lda3)
	}
	if height > 4 {
		LEAQ(Mem{Base: a, Index: lda, Scale: 4}, a4)
	}
	loop(k, func() {
		t.load(at(b), row...)
		for i := range height {
			base := a
			if i >= 4 {
				base = a4
			}
			m := at(base)
			switch i % 4 {
			case 1, 2:
				m = Mem{Base: base, Index: lda, Scale: uint8(i % 4)}
			case 3:
				m = indexed(base, lda3)
			}
			x := s[i%len(s)]
			VBROADCASTSD(m, x)
			for j := range width {
				VFNMADD231PD(row[j], x, acc[i*width+j])
			}
		}
		ADDQ(U32(8), a)
		if height > 4 {
			ADDQ(U32(8), a4)
		}
		ADDQ(ldb, b)
	})
	for i := range height {
		t.store(acc[i*width:][:width], at(c))
		if i < height-1 {
			ADDQ(ldc, c)
		}
	}
}
