package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

func matVec(t tier, _ int) {
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
}

func matTVec(t tier, _ int) {
	if t.parts == 1 {
		matTVecColumns(t)
	} else {
		matTVecRows(t)
	}
}

// matTVecColumns keeps the sums of up to 12 columns in registers.
func matTVecColumns(t tier) {
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
}

// matTVecRows adds up to four rows at a time to sums in memory: it has too few registers for the columns of a usual
// size, and reads the matrix in the order in which it lies, and ahead, being the first of a step to touch it.
func matTVecRows(t tier) {
	const (
		most  = 4
		ahead = 3072 // bytes
	)
	out, a, y, rows, cols := slice("out"), slice("a"), slice("y"), number("rows"), number("cols")
	row := times(cols, t.group())
	b := bank{t: t}
	z := b.take(1)
	t.zero(z...)
	end := GP64()
	LEAQ(indexed(out, row), end)
	to := copyOf(out)
	begin := label("clear")
	Label(begin)
	for p := range t.parts {
		t.store(z, at(to).Offset(p*t.size()))
	}
	ADDQ(U32(t.group()), to)
	CMPQ(to, end)
	JL(LabelRef(begin))
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
}
