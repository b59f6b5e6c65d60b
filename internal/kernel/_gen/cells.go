package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// walkRuns walks runs of cells. locals are slices kept on the stack; body gets the address of each at the run's
// row, and the number of cells ≥ 1.
func walkRuns(t tier, locals []string, body func(rows []reg.GPVirtual, count reg.GPVirtual)) {
	local := AllocLocal(8 * (len(locals) + 4))
	slot := func(i int) Mem { return local.Offset(8 * i) }
	for i, name := range append(locals, "start", "row") {
		MOVQ(slice(name), slot(i))
	}
	n := len(locals)
	start, row, left, stride := slot(n), slot(n+1), slot(n+2), slot(n+3)
	runs := Load(Param("row").Len(), GP64()).(reg.GPVirtual)
	MOVQ(runs, left)
	bytes := number("outer")
	t.scale(bytes)
	MOVQ(bytes, stride)
	begin := label("run")
	Label(begin)
	p, count, offset := GP64(), GP64(), GP64()
	MOVQ(start, p)
	MOVL(at(p).Offset(4), count.As32())
	SUBL(at(p), count.As32())
	ADDQ(U32(4), start)
	MOVQ(row, p)
	MOVLQSX(at(p), offset)
	ADDQ(U32(4), row)
	IMULQ(stride, offset)
	var rows []reg.GPVirtual
	for i := range locals {
		r := GP64()
		MOVQ(slot(i), r)
		ADDQ(offset, r)
		rows = append(rows, r)
	}
	body(rows, count)
	DECQ(left)
	JNZ(LabelRef(begin))
}

// inner loads the two offsets of the i-th packed cell.
func inner(cells, stride reg.GPVirtual, i int) (j, k reg.GPVirtual) {
	j, k = GP64(), GP64()
	MOVWLZX(at(cells).Offset(4*i), j.As32())
	MOVWLZX(at(cells).Offset(4*i+2), k.As32())
	IMULQ(stride, j)
	IMULQ(stride, k)
	return j, k
}

func cellDots(t tier, groups int) {
	out, b, c, cells, stride := slice("out"), slice("b"), slice("c"), slice("cells"), number("stride")
	t.scale(stride)
	walkRuns(t, []string{"l"}, func(rows []reg.GPVirtual, count reg.GPVirtual) {
		l := rows[0]
		bk := bank{t: t}
		acc, tmp, free := bk.take(4*t.parts), bk.take(2), bk.take(t.spares())
		var row []reg.VecPhysical
		if t.parts == 1 {
			row = bk.take(groups)
			t.load(at(l), row...)
		}
		dot := func(n int) {
			var j, k [4]reg.GPVirtual
			for i := range n {
				j[i], k[i] = inner(cells, stride, i)
			}
			for g := range groups {
				for i := range n {
					for p := range t.parts {
						m := g*t.group() + p*t.size()
						x, a := tmp[(i+p)%2], acc[i*t.parts+p]
						if row != nil {
							t.mul(indexed(b, j[i]).Offset(m), row[g], x)
						} else {
							VMOVUPD(at(l).Offset(m), x)
							t.mul(indexed(b, j[i]).Offset(m), x, x)
						}
						if g == 0 {
							t.mul(indexed(c, k[i]).Offset(m), x, a)
						} else {
							t.fmadd(indexed(c, k[i]).Offset(m), x, a)
						}
					}
				}
			}
		}
		four, one, end := label("four"), label("one"), label("end")
		Label(four)
		CMPQ(count, U32(4))
		JL(LabelRef(one))
		dot(4)
		VMOVUPD(t.reduce4(acc, int(free[0].PhysicalIndex())), at(out))
		ADDQ(U32(16), cells)
		ADDQ(U32(4*t.bytes), out)
		SUBQ(U32(4), count)
		JMP(LabelRef(four))
		Label(one)
		TESTQ(count, count)
		JZ(LabelRef(end))
		dot(1)
		t.reduce1(acc, free[0], at(out))
		ADDQ(U32(4), cells)
		ADDQ(U32(t.bytes), out)
		DECQ(count)
		JMP(LabelRef(one))
		Label(end)
	})
}

// reduce1 adds the lanes of one lane vector in the order of total and stores the sum.
func (t tier) reduce1(acc []reg.VecPhysical, free reg.VecPhysical, out Mem) {
	low, high := bits256(acc[0]), bits256(free)
	sum, other := bits128(low), bits128(free)
	if !t.double() {
		VHADDPS(low, low, low) // 01 23 01 23 45 67 45 67
		VHADDPS(low, low, low)
		VEXTRACTF128(Imm(1), low, other)
		VADDSS(other, sum, sum)
		VMOVSS(sum, out)
		return
	}
	if t.zmms() {
		VEXTRACTF64X4(Imm(1), acc[0], high)
	} else {
		high = acc[1]
	}
	VHADDPD(high, low, low) // 01 45 23 67
	VEXTRACTF128(Imm(1), low, other)
	VADDPD(other, sum, sum) // 0123 4567
	VHADDPD(sum, sum, sum)
	VMOVSD(sum, out)
}

func cellSums(t tier, groups int) {
	gB, gC, b, c, s := slice("gB"), slice("gC"), slice("b"), slice("c"), slice("s")
	cells, stride := slice("cells"), number("stride")
	t.scale(stride)
	walkRuns(t, []string{"l", "gL"}, func(rows []reg.GPVirtual, count reg.GPVirtual) {
		ps := pieces(t, groups, 6)
		for i, piece := range ps {
			bk := bank{t: t}
			off := piece[0] * t.size()
			row, sum := bk.take(piece[1]), bk.take(piece[1])
			x, tmp := bk.take(1), bk.take(5*min(2, t.registers/16))
			t.load(at(rows[0]).Offset(off), row...)
			t.zero(sum...)
			left, cs, ss := count, cells, s
			if i < len(ps)-1 {
				left, cs, ss = copyOf(count), copyOf(cells), copyOf(s)
			}
			loop(left, func() {
				j, k := inner(cs, stride, 0)
				t.broadcast(at(ss), x[0])
				for r := range row {
					m := off + r*t.size()
					// All loads come before the stores: gB and b, or gC and c, may agree in the low bits of their addresses.
					x5 := tmp[r%(len(tmp)/5)*5:]
					u, q, w, gq, gw := x5[0], x5[1], x5[2], x5[3], x5[4]
					VMOVUPD(indexed(b, j).Offset(m), q)
					VMOVUPD(indexed(c, k).Offset(m), w)
					VMOVUPD(indexed(gB, j).Offset(m), gq)
					VMOVUPD(indexed(gC, k).Offset(m), gw)
					t.mul(row[r], x[0], u)
					t.fmadd(w, u, gq)
					t.fmadd(q, u, gw)
					t.mul(q, x[0], q)
					VMOVUPD(gq, indexed(gB, j).Offset(m))
					VMOVUPD(gw, indexed(gC, k).Offset(m))
					t.fmadd(w, q, sum[r])
				}
				ADDQ(U32(4), cs)
				ADDQ(U32(t.bytes), ss)
			})
			for r := range sum {
				m := at(rows[1]).Offset(off + r*t.size())
				t.add(m, sum[r], sum[r])
				VMOVUPD(sum[r], m)
			}
		}
	})
}
