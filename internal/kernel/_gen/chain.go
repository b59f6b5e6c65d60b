package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// blocks emits code that walks left (a register with a count ≥ 1) in blocks of step while more than most remain, and
// ends with one block of 1 … most: body(n) is emitted for each of these sizes.
func blocks(name string, left reg.GPVirtual, step, most int, body func(n int)) {
	Label(name)
	CMPQ(left, U32(most))
	JG(LabelRef(name + "_step"))
	for n := 1; n < most; n++ {
		CMPQ(left, U32(n))
		JE(LabelRef(fmt.Sprintf("%s_%d", name, n)))
	}
	body(most)
	JMP(LabelRef(name + "_end"))
	for n := 1; n < most; n++ {
		Label(fmt.Sprintf("%s_%d", name, n))
		body(n)
		JMP(LabelRef(name + "_end"))
	}
	Label(name + "_step")
	body(step)
	SUBQ(U32(step), left)
	JMP(LabelRef(name))
	Label(name + "_end")
}

var fresh int

// loop emits body count times, count ≥ 1 in a register that it consumes.
func loop(count reg.GPVirtual, body func()) {
	fresh++
	label := fmt.Sprintf("loop%d", fresh)
	Label(label)
	body()
	DECQ(count)
	JNZ(LabelRef(label))
}

func matVec(t tier) {
	t.text("matVec", "(out, a, x []T, rows, cols int)", "is matVecGo for rows and cols ≥ 1: several rows at a time.")
	out, a, x, rows, cols := slice("out"), slice("a"), slice("x"), number("rows"), number("cols")
	row := times(cols, t.group())
	blocks("rows", rows, 2, 3, func(n int) {
		b := bank{t: t}
		acc, v := b.take(n*t.parts), b.take(t.parts)
		t.zero(acc...)
		xs, j := copyOf(x), copyOf(cols)
		// Addresses of the rows: three bases reach seven rows with scaled indices.
		at3 := GP64()
		LEAQ(Mem{Base: row, Index: row, Scale: 2}, at3)
		ADDQ(a, at3)
		at6 := GP64()
		if n > 5 {
			LEAQ(Mem{Base: at3, Index: row, Scale: 2}, at6)
			ADDQ(row, at6)
		}
		p := copyOf(a)
		loop(j, func() {
			t.load(at(xs), v...)
			for i := range n {
				m := at(p)
				switch {
				case i == 1 || i == 2:
					m = Mem{Base: p, Index: row, Scale: uint8(i)}
				case i == 3:
					m = at(at3)
				case i == 4 || i == 5:
					m = Mem{Base: at3, Index: row, Scale: uint8(i - 3)}
				case i == 6:
					m = at(at6)
				}
				t.fma(acc[i*t.parts:][:t.parts], v, m)
			}
			ADDQ(U32(t.group()), p)
			if n > 3 {
				ADDQ(U32(t.group()), at3)
			}
			if n > 6 {
				ADDQ(U32(t.group()), at6)
			}
			ADDQ(U32(t.group()), xs)
		})
		t.store(acc, at(out))
		ADDQ(U32(n*t.group()), out)
		skip := times(row, n)
		ADDQ(skip, a)
	})
	done()
}

func matTVec(t tier) {
	if t.parts == 1 {
		matTVecColumns(t)
	} else {
		matTVecRows(t)
	}
}

const matTVecSignature = "(out, a, y []T, rows, cols int)"

// matTVecColumns keeps the sums of up to 12 columns in registers.
func matTVecColumns(t tier) {
	t.text("matTVec", matTVecSignature, "is matTVecGo for rows and cols ≥ 1: several columns at a time.")
	out, a, y, rows, cols := slice("out"), slice("a"), slice("y"), number("rows"), number("cols")
	row := times(cols, t.group())
	blocks("cols", cols, 8, 12, func(n int) {
		b := bank{t: t}
		acc, v := b.take(n*t.parts), b.take(t.parts)
		t.zero(acc...)
		ys, i, p := copyOf(y), copyOf(rows), copyOf(a)
		loop(i, func() {
			t.load(at(ys), v...)
			for j := range n {
				t.fma(acc[j*t.parts:][:t.parts], v, at(p).Offset(j*t.group()))
			}
			ADDQ(row, p)
			ADDQ(U32(t.group()), ys)
		})
		t.store(acc, at(out))
		ADDQ(U32(n*t.group()), out)
		ADDQ(U32(n*t.group()), a)
	})
	done()
}

// matTVecRows adds up to four rows at a time to sums in memory: it has too few registers for the columns of a usual size, and
// reads the matrix in the order in which it lies, and ahead, being the first of a step to touch it.
func matTVecRows(t tier) {
	const (
		most  = 4
		ahead = 3072 // bytes
	)
	t.text("matTVec", matTVecSignature, "is matTVecGo for rows and cols ≥ 1: several rows at a time.")
	out, a, y, rows, cols := slice("out"), slice("a"), slice("y"), number("rows"), number("cols")
	row := times(cols, t.group())
	b := bank{t: t}
	z := b.take(1)
	t.zero(z...)
	end := GP64()
	LEAQ(indexed(out, row), end)
	to := copyOf(out)
	fresh++
	label := fmt.Sprintf("clear%d", fresh)
	Label(label)
	for p := range t.parts {
		t.store(z, at(to).Offset(p*t.size()))
	}
	ADDQ(U32(t.group()), to)
	CMPQ(to, end)
	JL(LabelRef(label))
	blocks("rows", rows, most, most, func(n int) {
		b := bank{t: t}
		v, sum := b.take(n*t.parts), b.take(t.parts)
		t.load(at(y), v...)
		p, to, j := copyOf(a), copyOf(out), copyOf(cols)
		p3 := GP64()
		if n > 3 {
			LEAQ(Mem{Base: row, Index: row, Scale: 2}, p3)
			ADDQ(a, p3)
		}
		loop(j, func() {
			t.load(at(to), sum...)
			for i := range n {
				m := at(p)
				switch i {
				case 1, 2:
					m = Mem{Base: p, Index: row, Scale: uint8(i)}
				case 3:
					m = at(p3)
				}
				PREFETCHT0(m.Offset(ahead))
				t.fma(sum, v[i*t.parts:][:t.parts], m)
			}
			t.store(sum, at(to))
			ADDQ(U32(t.group()), p)
			if n > 3 {
				ADDQ(U32(t.group()), p3)
			}
			ADDQ(U32(t.group()), to)
		})
		ADDQ(U32(n*t.group()), y)
		ADDQ(times(row, n), a)
	})
	done()
}

func dot(t tier) {
	t.text("dot", "(out *[8]T, x, y []T, n int)", "is dotGo for n ≥ 1.")
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
	done()
}

// norms2 is needed for float32 only: for float64 it is dot.
func norms2(t tier) {
	t.text("norms2", "(out *[8]float64, x []T, n int)", "is norms2Go for n ≥ 1.")
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
	done()
}

func axpy(t tier) {
	t.text("axpy", "(y []T, s *[8]T, x []T, n int)", "is axpyGo for n ≥ 1.")
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
	done()
}

func axpyNorm2(t tier) {
	t.text("axpyNorm2", "(y []T, norm2 *[8]float64, s *[8]T, x []T, n int)", "is axpyNorm2Go for n ≥ 1.")
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
	done()
}

func negateDots(t tier) {
	t.text("negateDots", "(y []T, along, norm2 *[8]T, g, x []T, n, stride int)", "is negateDotsGo for n ≥ 1.")
	y, along, norm2, g, x, n, stride := slice("y"), number("along"), number("norm2"), slice("g"), slice("x"), number("n"), number("stride")
	t.scale(stride)
	b := bank{t: t}
	zero, v, to, dots, squares := b.take(1), b.take(t.parts), b.take(t.parts), b.take(t.parts), b.take(t.parts)
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
	done()
}

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

func addOuters(t tier) {
	for terms := 1; terms <= 6; terms++ {
		t.text(fmt.Sprint("addOuters", terms), "(a []T, norm2 *[8]float64, terms *T, rows, cols int)",
			fmt.Sprintf("is addOutersGo for %d terms (the first is at terms), rows and cols ≥ 1.", terms))
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
			j := GP64()
			XORQ(j, j)
			fresh++
			label := fmt.Sprintf("cols%d", fresh)
			Label(label)
			t.load(indexed(a, j), m...)
			for k := range terms {
				t.fma(m, cy[k*t.parts:][:t.parts], indexed(xs[k], j))
			}
			t.store(m, indexed(a, j))
			t.addSquares(m, sum, spare)
			ADDQ(U32(t.group()), j)
			CMPQ(j, rowEnd)
			JL(LabelRef(label))
			t.addNorms(sum, norm2)
			ADDQ(rowEnd, a)
			ADDQ(U32(t.group()), offset)
		})
		done()
	}
}

func addOuterMatVec(t tier) {
	t.text("addOuterMatVec", "(a []T, norm2 *[8]float64, out []T, c T, y, x, z []T, rows, cols, ahead int)",
		"is addOuterMatVecGo for rows and cols ≥ 1.")
	a, norm2, out, y, x, z := slice("a"), number("norm2"), slice("out"), slice("y"), slice("x"), slice("z")
	rows, cols, ahead := number("rows"), number("cols"), number("ahead")
	t.scale(ahead)
	ADDQ(a, ahead)
	b := bank{t: t}
	c, cy, sum, acc, m, spare := b.take(1), b.take(t.parts), b.take(t.norms()), b.take(t.parts), b.take(t.parts), b.take(t.spare())
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
		j := GP64()
		XORQ(j, j)
		fresh++
		label := fmt.Sprintf("cols%d", fresh)
		Label(label)
		PREFETCHT1(indexed(ahead, j))
		t.load(indexed(a, j), m...)
		t.fma(m, cy, indexed(x, j))
		t.store(m, indexed(a, j))
		t.fma(acc, m, indexed(z, j))
		t.addSquares(m, sum, spare)
		ADDQ(U32(t.group()), j)
		CMPQ(j, rowEnd)
		JL(LabelRef(label))
		t.store(acc, at(out))
		t.addNorms(sum, norm2)
		ADDQ(rowEnd, a)
		ADDQ(rowEnd, ahead)
		ADDQ(U32(t.group()), y)
		ADDQ(U32(t.group()), out)
	})
	done()
}

func outersNorm2(t tier) {
	for terms := 1; terms <= 6; terms++ {
		t.text(fmt.Sprint("outersNorm2x", terms), "(norm2 *[8]float64, terms *T, rows, cols int)",
			fmt.Sprintf("is outersNorm2Go for %d terms (the first is at terms), rows and cols ≥ 1.", terms))
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
			j := GP64()
			XORQ(j, j)
			fresh++
			label := fmt.Sprintf("cols%d", fresh)
			Label(label)
			for p := range m {
				t.mul(indexed(xs[0], j).Offset(p*t.size()), cy[p], m[p])
			}
			for k := 1; k < terms; k++ {
				t.fma(m, cy[k*t.parts:][:t.parts], indexed(xs[k], j))
			}
			t.addSquares(m, sum, spare)
			ADDQ(U32(t.group()), j)
			CMPQ(j, rowEnd)
			JL(LabelRef(label))
			ADDQ(U32(t.group()), offset)
		})
		storeNorms(sum, norm2)
		done()
	}
}

func addTile(t tier) {
	t.text("addTile", "(c []float64, stride int, x, y *[8]float64)", "is addTileGo.")
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
	done()
}

// copyLanes emits a copy of n ≥ 1 lane vectors at strides, each passed through change.
func copyLanes(t tier, name, doc string, change func(v []reg.VecPhysical)) {
	t.text(name, "(out, in []T, n, outStride, inStride int)", doc)
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
	done()
}

func moveLanes(t tier) {
	copyLanes(t, "copyLanes", "is copyLanesGo for n ≥ 1.", func([]reg.VecPhysical) {})
	zero := t.r(4)
	copyLanes(t, "negateLanes", "is negateLanesGo for n ≥ 1.", func(v []reg.VecPhysical) {
		t.zero(zero)
		for _, r := range v {
			t.sub(r, zero, r)
		}
	})
}
