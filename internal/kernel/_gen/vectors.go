package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func dot(t tier, _ int) {
	out, x, y, n := number("out"), slice("x"), slice("y"), number("n")
	b := bank{t: t}
	acc, v := b.take(t.parts), b.take(t.parts)
	t.zero(acc...)
	loop(n, func() {
		t.load(at(x), v...)
		t.fma(acc, v, at(y))
		ADDQ(U32(t.group()), x)
		ADDQ(U32(t.group()), y)
	})
	t.store(acc, at(out))
}

// norms2 is needed for float32 only: for float64 it is dot.
func norms2(t tier, _ int) {
	out, x, n := number("out"), slice("x"), number("n")
	b := bank{t: t}
	v, sum, spare := b.take(t.parts), b.take(t.norms()), b.take(t.spare())
	t.zero(sum...)
	loop(n, func() {
		t.load(at(x), v...)
		t.addSquares(v, sum, spare)
		ADDQ(U32(t.group()), x)
	})
	storeNorms(sum, out)
}

func axpy(t tier, _ int) {
	y, s, x, n := slice("y"), number("s"), slice("x"), number("n")
	b := bank{t: t}
	scale, v := b.take(t.parts), b.take(t.parts)
	t.load(at(s), scale...)
	loop(n, func() {
		t.load(at(y), v...)
		t.fma(v, scale, at(x))
		t.store(v, at(y))
		ADDQ(U32(t.group()), x)
		ADDQ(U32(t.group()), y)
	})
}

func multiply(t tier, _ int) {
	out, x, y, n := slice("out"), slice("x"), slice("y"), number("n")
	b := bank{t: t}
	v := b.take(t.parts)
	loop(n, func() {
		t.load(at(x), v...)
		for i := range v {
			t.mul(at(y).Offset(i*t.size()), v[i], v[i])
		}
		t.store(v, at(out))
		for _, r := range []reg.GPVirtual{out, x, y} {
			ADDQ(U32(t.group()), r)
		}
	})
}

func axpyNorm2(t tier, _ int) {
	y, norm2, s, x, n := slice("y"), number("norm2"), number("s"), slice("x"), number("n")
	b := bank{t: t}
	scale, v, sum, spare := b.take(t.parts), b.take(t.parts), b.take(t.norms()), b.take(t.spare())
	t.load(at(s), scale...)
	t.zero(sum...)
	loop(n, func() {
		t.load(at(y), v...)
		t.fma(v, scale, at(x))
		t.store(v, at(y))
		t.addSquares(v, sum, spare)
		ADDQ(U32(t.group()), x)
		ADDQ(U32(t.group()), y)
	})
	storeNorms(sum, norm2)
}

func negateDots(t tier, _ int) {
	y, along, norm2, g, x := slice("y"), number("along"), number("norm2"), slice("g"), slice("x")
	n, stride := number("n"), number("stride")
	t.scale(stride)
	b := bank{t: t}
	zero, v, to := b.take(1), b.take(t.parts), b.take(t.parts)
	dots, squares := b.take(t.parts), b.take(t.parts)
	t.zero(zero...)
	t.zero(dots...)
	t.zero(squares...)
	loop(n, func() {
		t.load(at(x), v...)
		for p := range to {
			t.sub(at(g).Offset(p*t.size()), zero[0], to[p])
			t.fmadd(to[p], v[p], dots[p])
			t.fmadd(v[p], v[p], squares[p])
		}
		t.store(to, at(y))
		ADDQ(stride, g)
		ADDQ(U32(t.group()), x)
		ADDQ(U32(t.group()), y)
	})
	t.store(dots, at(along))
	t.store(squares, at(norm2))
}

func addTile(t tier, _ int) {
	c, stride, x, y := slice("c"), number("stride"), number("x"), number("y")
	t.scale(stride)
	b := bank{t: t}
	v := b.take(t.parts)
	t.load(at(y), v...)
	for i := range lanes {
		rows := bank{t: t, next: b.next + i%2*(t.parts+1)}
		s, row := rows.take(1), rows.take(t.parts)
		t.broadcast(at(x).Offset(8*i), s[0])
		t.load(at(c), row...)
		for p := range row {
			t.fmadd(s[0], v[p], row[p])
		}
		t.store(row, at(c))
		if i < lanes-1 {
			ADDQ(stride, c)
		}
	}
}

func copyLanes(t tier, _ int) { moveLanes(t, func([]reg.VecPhysical) {}) }

func negateLanes(t tier, _ int) {
	zero := t.r(4)
	moveLanes(t, func(v []reg.VecPhysical) {
		t.zero(zero)
		for _, r := range v {
			t.sub(r, zero, r)
		}
	})
}

// moveLanes emits a copy of n ≥ 1 lane vectors at strides, each passed through change.
func moveLanes(t tier, change func(v []reg.VecPhysical)) {
	out, in, n, outStride, inStride := slice("out"), slice("in"), number("n"), number("outStride"), number("inStride")
	t.scale(outStride)
	t.scale(inStride)
	b := bank{t: t}
	v := b.take(t.parts)
	loop(n, func() {
		t.load(at(in), v...)
		change(v)
		t.store(v, at(out))
		ADDQ(inStride, in)
		ADDQ(outStride, out)
	})
}
