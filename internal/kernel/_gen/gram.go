package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// addGram emits one micro-kernel for every height and width: addGram8x3 updates 8 rows of 3 registers.
func addGram(t tier) {
	for _, height := range t.gemmHeights() {
		for width := 1; width <= gemmWidth; width++ {
			doc := fmt.Sprintf("addGramGo for %d rows of %d columns and k ≥ 1", height, width*t.width())
			t.function(fmt.Sprintf("addGram%dx%d", height, width), "c, x, y *float64, k, stride int", doc, func() {
				gramTile(t, height, width)
			})
		}
	}
}

func gramTile(t tier, height, width int) {
	c, x, y, k, stride := number("c"), number("x"), number("y"), number("k"), number("stride")
	t.scale(stride)
	bk := bank{t: t}
	acc, row := bk.take(height*width), bk.take(width)
	s := bk.take(min(2, t.registers-bk.next))
	p := copyOf(c)
	for i := range height {
		t.load(at(p), acc[i*width:][:width]...)
		if i < height-1 {
			ADDQ(stride, p)
		}
	}
	loop(k, func() {
		t.load(at(y), row...)
		for i := range height {
			factor := s[i%len(s)]
			t.broadcast(at(x).Offset(i*t.bytes), factor)
			for j := range width {
				VFMADD231PD(row[j], factor, acc[i*width+j])
			}
		}
		ADDQ(stride, x)
		ADDQ(stride, y)
	})
	for i := range height {
		t.store(acc[i*width:][:width], at(c))
		if i < height-1 {
			ADDQ(stride, c)
		}
	}
}

// gramCover is the function that covers the lower triangle with micro-kernels, as gemmCover does.
func (t tier) gramCover() string {
	names := strings.NewReplacer("TIER", t.name, "REGISTERS", fmt.Sprint(gemmWidth), "WIDTH", fmt.Sprint(t.width()))
	text := names.Replace(`
func addGramTIER(c, x, y []float64, from, to, k, stride int) {
	for row := from; row < to; row += Lanes {
		rows, end := min(Lanes, to-row), row+Lanes
		for j := 0; j < end; {
			registers := min(REGISTERS, (end-j)/WIDTH)
			for i := 0; i < rows; {
				i += addGramTileTIER(&c[(row+i)*stride+j], &x[row+i], &y[j], rows-i, registers, k, stride)
			}
			j += registers * WIDTH
		}
	}
}

// addGramTileTIER updates the first rows of C, as many as it returns.
func addGramTileTIER(c, x, y *float64, rows, registers, k, stride int) int {
	switch {
`)
	return text + t.tileCases("addGram", "c, x, y, k, stride") + "}\n}\n"
}

// products emits the products of rows of a and b, a row of groups lane groups each.
func products(t tier, groups int) {
	out, a, b, i, j := slice("out"), slice("a"), slice("b"), slice("i"), slice("j")
	count := Load(Param("i").Len(), GP64()).(reg.GPVirtual)
	stride := number("stride")
	t.scale(stride)
	bk := bank{t: t}
	n := groups * t.parts
	row := bk.take(min(n, t.registers))
	loop(count, func() {
		p, q := GP64(), GP64()
		MOVLQSX(at(i), p)
		MOVLQSX(at(j), q)
		IMULQ(stride, p)
		IMULQ(stride, q)
		for k, r := range row {
			VMOVUPD(indexed(a, p).Offset(k*t.size()), r)
		}
		for k, r := range row {
			t.mul(indexed(b, q).Offset(k*t.size()), r, r)
			VMOVUPD(r, at(out).Offset(k*t.size()))
		}
		ADDQ(U32(4), i)
		ADDQ(U32(4), j)
		ADDQ(stride, out)
	})
}

func scaleRows(t tier, _ int) {
	out, in, s, stride := slice("out"), slice("in"), slice("s"), number("stride")
	count := Load(Param("s").Len(), GP64()).(reg.GPVirtual)
	t.scale(stride)
	bk := bank{t: t}
	factor, v := bk.take(1), bk.take(t.parts)
	loop(count, func() {
		t.broadcast(at(s), factor[0])
		t.upTo(stride, func(offset reg.GPVirtual) {
			for p, r := range v {
				t.mul(indexed(in, offset).Offset(p*t.size()), factor[0], r)
				VMOVUPD(r, indexed(out, offset).Offset(p*t.size()))
			}
		})
		ADDQ(U32(8), s)
		ADDQ(stride, in)
		ADDQ(stride, out)
	})
}

// pairDots emits inner products of rows of a and b.
func pairDots(t tier, _ int) {
	out, a, b, i, j := slice("out"), slice("a"), slice("b"), slice("i"), slice("j")
	count := Load(Param("i").Len(), GP64()).(reg.GPVirtual)
	stride := number("stride")
	t.scale(stride)
	bk := bank{t: t}
	acc, v, free := bk.take(t.parts), bk.take(t.parts), bk.take(1)
	loop(count, func() {
		p, q := GP64(), GP64()
		MOVLQSX(at(i), p)
		MOVLQSX(at(j), q)
		IMULQ(stride, p)
		IMULQ(stride, q)
		ADDQ(a, p)
		ADDQ(b, q)
		for k := range acc {
			VMOVUPD(at(p).Offset(k*t.size()), acc[k])
			t.mul(at(q).Offset(k*t.size()), acc[k], acc[k])
		}
		more, end := label("more"), label("end")
		offset := GP64()
		MOVQ(U32(t.group()), offset)
		Label(more)
		CMPQ(offset, stride)
		JGE(LabelRef(end))
		for k := range acc {
			VMOVUPD(indexed(p, offset).Offset(k*t.size()), v[k])
			t.fmadd(indexed(q, offset).Offset(k*t.size()), v[k], acc[k])
		}
		ADDQ(U32(t.group()), offset)
		JMP(LabelRef(more))
		Label(end)
		t.reduce1(acc, free[0], at(out))
		ADDQ(U32(4), i)
		ADDQ(U32(4), j)
		ADDQ(U32(8), out)
	})
}
