package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const outerSize = 56 // bytes of an Outer: C, Y, X

// scaleRow sets cy[k] = C_k·Y_k[i] and points xs[k] to X_k; offset is i·t.group().
func (t tier) scaleRow(xs []reg.GPVirtual, cy []reg.VecPhysical, terms, offset reg.GPVirtual) {
	y := GP64()
	for k := range xs {
		MOVQ(at(terms).Offset(k*outerSize+8), y)
		r := cy[k*t.parts:][:t.parts]
		for p := range r {
			t.broadcast(at(terms).Offset(k*outerSize), r[p])
			t.mul(indexed(y, offset).Offset(p*t.size()), r[p], r[p])
		}
		MOVQ(at(terms).Offset(k*outerSize+32), xs[k])
	}
}

const normBytes = 8 * lanes

func storeNorms(norms []reg.VecPhysical, norm2 reg.GPVirtual) {
	for p, r := range norms {
		VMOVUPD(r, at(norm2).Offset(p*normBytes/len(norms)))
	}
}

// addNorms adds the sums of a row to norm2.
func (t tier) addNorms(row []reg.VecPhysical, norm2 reg.GPVirtual) {
	for p, r := range row {
		VADDPD(at(norm2).Offset(p*normBytes/len(row)), r, r)
	}
	storeNorms(row, norm2)
}

func addOuters(t tier, terms int) {
	a, norm2, list, rows, cols := slice("a"), number("norm2"), number("terms"), number("rows"), number("cols")
	b := bank{t: t}
	cy, sum, m, spare := b.take(terms*t.parts), b.take(t.norms()), b.take(t.parts), b.take(t.spare())
	t.zero(sum...)
	storeNorms(sum, norm2)
	offset := GP64()
	XORQ(offset, offset)
	rowEnd := times(cols, t.group())
	xs := make([]reg.GPVirtual, terms)
	for k := range xs {
		xs[k] = GP64()
	}
	loop(rows, func() {
		t.scaleRow(xs, cy, list, offset)
		t.zero(sum...)
		t.upTo(rowEnd, func(j reg.GPVirtual) {
			t.load(indexed(a, j), m...)
			for k := range terms {
				t.fma(m, cy[k*t.parts:][:t.parts], indexed(xs[k], j))
			}
			t.store(m, indexed(a, j))
			t.addSquares(m, sum, spare)
		})
		t.addNorms(sum, norm2)
		ADDQ(rowEnd, a)
		ADDQ(U32(t.group()), offset)
	})
}

func addOuterMatVec(t tier, _ int) {
	a, norm2, out, y, x, z := slice("a"), number("norm2"), slice("out"), slice("y"), slice("x"), slice("z")
	rows, cols, ahead := number("rows"), number("cols"), number("ahead")
	t.scale(ahead)
	ADDQ(a, ahead)
	b := bank{t: t}
	c, cy, sum := b.take(1), b.take(t.parts), b.take(t.norms())
	acc, m, spare := b.take(t.parts), b.take(t.parts), b.take(t.spare())
	scalar, err := Param("c").Resolve()
	if err != nil {
		panic(err)
	}
	t.broadcast(scalar.Addr, c[0])
	t.zero(sum...)
	storeNorms(sum, norm2)
	rowEnd := times(cols, t.group())
	loop(rows, func() {
		for p := range cy {
			t.mul(at(y).Offset(p*t.size()), c[0], cy[p])
		}
		t.zero(acc...)
		t.zero(sum...)
		t.upTo(rowEnd, func(j reg.GPVirtual) {
			PREFETCHT1(indexed(ahead, j))
			t.load(indexed(a, j), m...)
			t.fma(m, cy, indexed(x, j))
			t.store(m, indexed(a, j))
			t.fma(acc, m, indexed(z, j))
			t.addSquares(m, sum, spare)
		})
		t.store(acc, at(out))
		t.addNorms(sum, norm2)
		ADDQ(rowEnd, a)
		ADDQ(rowEnd, ahead)
		ADDQ(U32(t.group()), y)
		ADDQ(U32(t.group()), out)
	})
}

func outersNorm2(t tier, terms int) {
	norm2, list, rows, cols := number("norm2"), number("terms"), number("rows"), number("cols")
	b := bank{t: t}
	cy, sum, m, spare := b.take(terms*t.parts), b.take(t.norms()), b.take(t.parts), b.take(t.spare())
	t.zero(sum...)
	offset := GP64()
	XORQ(offset, offset)
	rowEnd := times(cols, t.group())
	xs := make([]reg.GPVirtual, terms)
	for k := range xs {
		xs[k] = GP64()
	}
	loop(rows, func() {
		t.scaleRow(xs, cy, list, offset)
		t.upTo(rowEnd, func(j reg.GPVirtual) {
			for p := range m {
				t.mul(indexed(xs[0], j).Offset(p*t.size()), cy[p], m[p])
			}
			for k := 1; k < terms; k++ {
				t.fma(m, cy[k*t.parts:][:t.parts], indexed(xs[k], j))
			}
			t.addSquares(m, sum, spare)
		})
		ADDQ(U32(t.group()), offset)
	})
	storeNorms(sum, norm2)
}
