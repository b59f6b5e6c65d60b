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

// adamMatVec rounds every product and every sum of the step by itself, so nothing in it is fused.
func adamMatVec(t tier, _ int) {
	theta, m, s, out := slice("theta"), slice("m"), slice("s"), slice("out")
	y, x, z, by := slice("y"), slice("x"), slice("z"), slice("by")
	rows, cols, ahead := number("rows"), number("cols"), number("ahead")
	t.scale(ahead)
	b := bank{t: t}
	left, acc := b.take(t.parts), b.take(t.parts)
	g, p, u, v := b.take(t.parts), b.take(t.parts), b.take(t.parts), b.take(t.parts)
	const decay, keep, first, fresh, second, square, scale, floor, rate, lift = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
	constants := make([]Op, lift+1)
	for i := range constants {
		here := at(by).Offset(i * t.group()) // the same in all lanes
		constants[i] = here
		if t.registers == 32 {
			r := b.take(1)
			t.load(here, r...)
			constants[i] = r[0]
		}
	}
	rowEnd := times(cols, t.group())
	loop(rows, func() {
		t.load(at(y), left...)
		t.zero(acc...)
		t.upTo(rowEnd, func(j reg.GPVirtual) {
			next := copyOf(j)
			ADDQ(ahead, next)
			for _, of := range []reg.GPVirtual{theta, m, s} {
				PREFETCHT1(indexed(of, next))
			}
			t.load(indexed(theta, j), p...)
			for i := range p {
				here := i * t.size()
				t.mul(indexed(x, j).Offset(here), left[i], u[i])
				t.mul(constants[decay], p[i], g[i])
				t.sub(u[i], g[i], g[i])

				t.load(indexed(s, j).Offset(here), v[i])
				t.mul(constants[second], v[i], v[i])
				if t.double() {
					t.mul(g[i], g[i], u[i])
				} else {
					t.mul(constants[lift], g[i], u[i])
					t.mul(u[i], u[i], u[i])
				}
				t.mul(constants[square], u[i], u[i])
				t.add(u[i], v[i], v[i])
				t.store(v[i:i+1], indexed(s, j).Offset(here))
				t.sqrt(v[i], v[i])
				t.mul(constants[scale], v[i], v[i])
				t.add(constants[floor], v[i], v[i])

				t.load(indexed(m, j).Offset(here), u[i])
				t.mul(constants[first], u[i], u[i])
				t.mul(constants[fresh], g[i], g[i])
				t.add(g[i], u[i], u[i])
				t.store(u[i:i+1], indexed(m, j).Offset(here))
				t.mul(constants[rate], u[i], u[i])
				t.div(v[i], u[i], u[i])
				t.mul(constants[keep], p[i], p[i])
				t.sub(u[i], p[i], p[i])
			}
			t.store(p, indexed(theta, j))
			t.fma(acc, p, indexed(z, j))
		})
		t.store(acc, at(out))
		for _, r := range []reg.GPVirtual{theta, m, s} {
			ADDQ(rowEnd, r)
		}
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
