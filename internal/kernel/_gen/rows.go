package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowsAt are the addresses of rows at[0] … at[n−1] of a matrix whose rows are bytes apart; at points to at[0]. One load
// fetches two indices, because loads are what limits the loops over cells.
func rowsAt(matrix, index reg.GPVirtual, n, bytes int) []reg.GPVirtual {
	var rows []reg.GPVirtual
	for k := 0; k < n; k += 2 {
		p, q := GP64(), GP64()
		if k+1 == n {
			MOVLQSX(at(index).Offset(4*k), p)
			rows = append(rows, p)
			break
		}
		MOVQ(at(index).Offset(4*k), q)
		MOVL(q.As32(), p.As32())
		SHRQ(Imm(32), q)
		rows = append(rows, p, q)
	}
	for _, p := range rows {
		IMUL3Q(U32(bytes), p, p)
		ADDQ(matrix, p)
	}
	return rows
}

// runs walks the rows of a run table: body gets a register with the number of items of the row, which it may
// consume. Rows without items run empty instead, if it is not nil.
func runs(start, rows reg.GPVirtual, body func(count reg.GPVirtual), empty, next func()) {
	loop(rows, func() {
		end, none := label("end"), label("none")
		count := GP64()
		c := count.As32()
		MOVL(at(start).Offset(4), c)
		SUBL(at(start), c)
		ADDQ(U32(4), start)
		TESTQ(count, count)
		JZ(LabelRef(none))
		body(count)
		if empty != nil {
			JMP(LabelRef(end))
		}
		Label(none)
		if empty != nil {
			empty()
			Label(end)
		}
		next()
	})
}

func rowCount() reg.GPVirtual {
	rows := Load(Param("start").Len(), GP64()).(reg.GPVirtual)
	DECQ(rows)
	return rows
}

// pieces cuts a row into equal pieces (first register, number of registers) that leave a tier enough registers for
// two of each and some others.
func pieces(t tier, groups, others int) [][2]int {
	var ps [][2]int
	n := groups * t.parts
	most := (t.registers - others) / 2
	count := (n + most - 1) / most
	size := (n + count - 1) / count
	for first := 0; first < n; first += size {
		ps = append(ps, [2]int{first, min(size, n-first)})
	}
	return ps
}

func expand(t tier, groups int) {
	out, parent, v := slice("out"), slice("parent"), slice("v")
	start, index, stride := slice("start"), slice("at"), number("stride")
	rows := rowCount()
	t.scale(stride)
	b := bank{t: t}
	n := groups * t.parts
	tmp, p := b.take(4), b.take(n)
	runs(start, rows, func(count reg.GPVirtual) {
		t.load(at(parent), p...)
		loop(count, func() {
			q := GP64()
			MOVLQSX(at(index), q)
			IMULQ(stride, q)
			ADDQ(v, q)
			for i := range n {
				product := tmp[i%len(tmp)]
				t.mul(at(q).Offset(i*t.size()), p[i], product)
				VMOVUPD(product, at(out).Offset(i*t.size()))
			}
			ADDQ(U32(4), index)
			ADDQ(U32(groups*t.group()), out)
		})
	}, nil, func() { ADDQ(U32(groups*t.group()), parent) })
}

func fold(t tier, groups int) {
	gParent, gV, g, parent, v := slice("gParent"), slice("gV"), slice("g"), slice("parent"), slice("v")
	start, index, stride := slice("start"), slice("at"), number("stride")
	rows := rowCount()
	t.scale(stride)
	bytes := groups * t.group()
	ps := pieces(t, groups, 4)
	clearSums := func() {
		z := t.r(0)
		t.zero(z)
		for i := range groups * t.parts {
			VMOVUPD(z, at(gParent).Offset(i*t.size()))
		}
	}
	runs(start, rows, func(count reg.GPVirtual) {
		for i, piece := range ps {
			b := bank{t: t}
			off := piece[0] * t.size()
			p, sum, row, old := b.take(piece[1]), b.take(piece[1]), b.take(min(2, piece[1])), b.take(min(2, piece[1]))
			t.load(at(parent).Offset(off), p...)
			t.zero(sum...)
			left, idx, gs := count, index, g
			if i < len(ps)-1 {
				left, idx, gs = copyOf(count), copyOf(index), copyOf(g)
			}
			loop(left, func() {
				q := GP64()
				MOVLQSX(at(idx), q)
				IMULQ(stride, q)
				for k := range p {
					r, o := row[k%len(row)], old[k%len(old)]
					m := off + k*t.size()
					VMOVUPD(at(gs).Offset(m), r)
					t.fmadd(indexed(v, q).Offset(m), r, sum[k])
					VMOVUPD(indexed(gV, q).Offset(m), o)
					t.fmadd(p[k], r, o)
					VMOVUPD(o, indexed(gV, q).Offset(m))
				}
				ADDQ(U32(4), idx)
				ADDQ(U32(bytes), gs)
			})
			t.store(sum, at(gParent).Offset(off))
		}
	}, clearSums, func() {
		ADDQ(U32(bytes), parent)
		ADDQ(U32(bytes), gParent)
	})
}

// reduce4 adds the lanes of four lane vectors in the order of total in reference.go and leaves the four sums in a row
// in the register that it returns, as wide as they are. acc[i*parts:] is vector i; all registers are clobbered, and
// spares(t) from first on.
func (t tier) reduce4(acc []reg.VecPhysical, first int) reg.VecPhysical {
	switch {
	case !t.double():
		a, b, c, d := acc[0], acc[1], acc[2], acc[3]
		VHADDPS(b, a, a) // a01 a23 b01 b23 a45 a67 b45 b67
		VHADDPS(d, c, c)
		VHADDPS(c, a, a) // a0123 b0123 c0123 d0123 a4567 b4567 c4567 d4567
		high, sums := bits128(t.r(first)), bits128(a)
		VEXTRACTF128(Imm(1), a, high)
		VADDPS(high, sums, sums)
		return sums
	case t.parts == 1:
		a, b, c, d := acc[0], acc[1], acc[2], acc[3]
		s0, s1, s2 := t.r(first), t.r(first+1), t.r(first+2)
		VUNPCKLPD(b, a, s0)
		VUNPCKHPD(b, a, s1)
		VADDPD(s1, s0, s0) // a01 b01 a23 b23 a45 b45 a67 b67
		VUNPCKLPD(d, c, s1)
		VUNPCKHPD(d, c, s2)
		VADDPD(s2, s1, s1) // c01 d01 c23 d23 c45 d45 c67 d67
		VSHUFF64X2(Imm(0x88), s1, s0, s2)
		VSHUFF64X2(Imm(0xdd), s1, s0, s0)
		VADDPD(s0, s2, s2) // a0123 b0123 a4567 b4567 c0123 d0123 c4567 d4567
		VSHUFF64X2(Imm(0x08), s2, s2, s0)
		VSHUFF64X2(Imm(0x0d), s2, s2, s1)
		s := bits256(s0)
		VADDPD(bits256(s1), s, s)
		return s
	}
	var sums [2]reg.VecPhysical
	for p := range sums {
		a, b, c, d := acc[p], acc[2+p], acc[4+p], acc[6+p]
		s := t.r(first + p)
		VHADDPD(b, a, a) // a01 b01 a23 b23
		VHADDPD(d, c, c)
		VPERM2F128(Imm(0x20), c, a, s)
		VPERM2F128(Imm(0x31), c, a, a)
		VADDPD(a, s, s)
		sums[p] = s
	}
	VADDPD(sums[1], sums[0], sums[0])
	return sums[0]
}

// spares is how many registers reduce4 needs beside the sums.
func (t tier) spares() int {
	switch {
	case !t.double():
		return 1
	case t.parts == 1:
		return 3
	}
	return 2
}

// dots emits the products of a row with count ≥ 1 rows of q, four at a time. The row is in registers if the tier holds
// it, else at memory. It advances out and index by count, which it consumes; free is the first of spares free
// registers.
func (t tier) dots(groups int, acc, row []reg.VecPhysical, memory Mem, free int, out, q, index, count reg.GPVirtual) {
	begin, last := label("four"), label("last")
	Label(begin)
	y := rowsAt(q, index, 4, groups*t.group())
	for g := range groups {
		x := row[:t.parts]
		if t.holds(groups) {
			x = row[g*t.parts:][:t.parts]
		} else {
			t.load(memory.Offset(g*t.group()), x...)
		}
		for i := range y {
			a := acc[i*t.parts:][:t.parts]
			if g > 0 {
				t.fma(a, x, at(y[i]).Offset(g*t.group()))
				continue
			}
			for k := range a {
				t.mul(at(y[i]).Offset(k*t.size()), x[k], a[k])
			}
		}
	}
	VMOVUPD(t.reduce4(acc, free), at(out))
	SUBQ(U32(4), count)
	JLE(LabelRef(last))
	ADDQ(U32(16), index)
	ADDQ(U32(4*t.bytes), out)
	JMP(LabelRef(begin))
	Label(last) // count is −3 … 0: that many of the four belong to the next row and are written again
	LEAQ(Mem{Base: index, Index: count, Scale: 4, Disp: 16}, index)
	LEAQ(Mem{Base: out, Index: count, Scale: uint8(t.bytes), Disp: 4 * t.bytes}, out)
}

// holds reports whether a tier has registers for a whole row beside the sums of dots and what adds them.
func (t tier) holds(groups int) bool { return (groups+4)*t.parts+t.spares() <= t.registers }

// rowRegisters is how many registers hold what dots needs of a row: all of it, or one lane group.
func (t tier) rowRegisters(groups int) int {
	if t.holds(groups) {
		return groups * t.parts
	}
	return t.parts
}

func rowDots(t tier, groups int) {
	out, p, q, start, index := slice("out"), slice("p"), slice("q"), slice("start"), slice("at")
	rows := rowCount()
	b := bank{t: t}
	acc := b.take(4 * t.parts)
	row := b.take(t.rowRegisters(groups))
	runs(start, rows, func(count reg.GPVirtual) {
		if t.holds(groups) {
			t.load(at(p), row...)
		}
		t.dots(groups, acc, row, at(p), b.next, out, q, index, count)
	}, nil, func() { ADDQ(U32(uint32(groups*t.group())), p) })
}

// sums emits the weighted sum of count ≥ 0 rows of q, n registers from byte off on, and returns it. If last, index, s
// and count are consumed, else left as they were.
func (t tier) sums(b *bank, n, off, bytes int, q, s, index, count reg.GPVirtual, last bool) []reg.VecPhysical {
	even, odd, x := b.take(n), b.take(n), b.take(2)
	t.zero(even...)
	t.zero(odd...)
	if !last {
		s, index, count = copyOf(s), copyOf(index), copyOf(count)
	}
	add := func(row reg.GPVirtual, k int, sum []reg.VecPhysical) {
		for r := range sum {
			t.fmadd(at(row).Offset(off+r*t.size()), x[k], sum[r])
		}
	}
	pair, single, end := label("pair"), label("single"), label("sum")
	SUBQ(U32(2), count)
	JL(LabelRef(single))
	Label(pair)
	// One load fetches both weights: loads are what limits this loop.
	t.broadcast2(at(s), x[0], x[1])
	rows := rowsAt(q, index, 2, bytes)
	add(rows[0], 0, even)
	add(rows[1], 1, odd)
	ADDQ(U32(8), index)
	ADDQ(U32(2*t.bytes), s)
	SUBQ(U32(2), count)
	JGE(LabelRef(pair))
	Label(single)
	CMPQ(count, I8(-1))
	JL(LabelRef(end))
	t.broadcast(at(s), x[0])
	add(rowsAt(q, index, 1, bytes)[0], 0, even)
	ADDQ(U32(4), index)
	ADDQ(U32(t.bytes), s)
	Label(end)
	for r := range even {
		t.add(odd[r], even[r], even[r])
	}
	return even
}

func rowSums(t tier, groups int) {
	g, q, s, start, index := slice("g"), slice("q"), slice("s"), slice("start"), slice("at")
	rows := rowCount()
	bytes := groups * t.group()
	ps := pieces(t, groups, 4)
	loop(rows, func() {
		count := GP64()
		MOVL(at(start).Offset(4), count.As32())
		SUBL(at(start), count.As32())
		ADDQ(U32(4), start)
		for i, piece := range ps {
			b := bank{t: t}
			off := piece[0] * t.size()
			t.store(t.sums(&b, piece[1], off, bytes, q, s, index, count, i == len(ps)-1), at(g).Offset(off))
		}
		ADDQ(U32(uint32(bytes)), g)
	})
}

func sumRows(t tier, _ int) {
	out, m, rows, n, stride := slice("out"), slice("m"), number("rows"), number("n"), number("stride")
	t.scale(stride)
	SHRQ(Imm(3), n)
	b := bank{t: t}
	sum := b.take(t.parts)
	loop(n, func() {
		t.load(at(m), sum...)
		p, i := copyOf(m), copyOf(rows)
		begin, end := label("rows"), label("sum")
		Label(begin)
		DECQ(i)
		JZ(LabelRef(end))
		ADDQ(stride, p)
		for k := range sum {
			t.add(at(p).Offset(k*t.size()), sum[k], sum[k])
		}
		JMP(LabelRef(begin))
		Label(end)
		t.store(sum, at(out))
		ADDQ(U32(t.group()), m)
		ADDQ(U32(t.group()), out)
	})
}
