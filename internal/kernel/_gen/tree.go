package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// parents walks the parents of a tree. What changes only from parent to parent lives on the stack, for want of
// registers: bases are slices advanced by step bytes, and body finds them with slot.
type parents struct {
	names []string
	local Mem
}

func (p *parents) slot(i int) Mem { return p.local.Offset(8 * i) }

func walkParents(names []string, step int, body func(p *parents, children reg.GPVirtual)) {
	p := &parents{names: names, local: AllocLocal(8 * (len(names) + 2))}
	for i, name := range names {
		MOVQ(slice(name), p.slot(i))
	}
	tree, left := p.slot(len(names)), p.slot(len(names)+1)
	MOVQ(slice("tree"), tree)
	n := Load(Param("tree").Len(), GP64()).(reg.GPVirtual)
	DECQ(n)
	MOVQ(n, left)
	begin := label("parent")
	Label(begin)
	at0, children := GP64(), GP64()
	MOVQ(tree, at0)
	MOVL(at(at0).Offset(4), children.As32())
	SUBL(at(at0), children.As32())
	ADDQ(U32(4), tree)
	body(p, children)
	for i := range names {
		ADDQ(U32(uint32(step)), p.slot(i))
	}
	DECQ(left)
	JNZ(LabelRef(begin))
}

func treeDots(t tier, groups int) {
	out, v, leaf, q := slice("out"), slice("v"), slice("leaf"), slice("q")
	start, index, stride := slice("start"), slice("at"), number("stride")
	t.scale(stride)
	bytes := groups * t.group()
	b := bank{t: t}
	acc := b.take(4 * t.parts)
	row := b.take(t.rowRegisters(groups))
	var spill Mem
	if !t.holds(groups) {
		spill = AllocLocal(bytes)
	}
	walkParents([]string{"parent"}, bytes, func(p *parents, children reg.GPVirtual) {
		child, next, none := label("child"), label("next"), label("none")
		TESTQ(children, children)
		JZ(LabelRef(none))
		Label(child)
		count := GP64()
		MOVL(at(start).Offset(4), count.As32())
		SUBL(at(start), count.As32())
		ADDQ(U32(4), start)
		parent, factor := GP64(), GP64()
		MOVQ(p.slot(0), parent)
		MOVLQSX(at(leaf), factor)
		ADDQ(U32(4), leaf)
		IMULQ(stride, factor)
		ADDQ(v, factor)
		for i := range groups * t.parts {
			r := row[i%len(row)]
			VMOVUPD(at(parent).Offset(i*t.size()), r)
			t.mul(at(factor).Offset(i*t.size()), r, r)
			if !t.holds(groups) {
				VMOVUPD(r, spill.Offset(i*t.size()))
			}
		}
		TESTQ(count, count)
		JZ(LabelRef(next))
		t.dots(groups, acc, row, spill, b.next, out, q, index, count)
		Label(next)
		DECQ(children)
		JNZ(LabelRef(child))
		Label(none)
	})
}

func treeSums(t tier, groups int) {
	gV, v, leaf, q, s := slice("gV"), slice("v"), slice("leaf"), slice("q"), slice("s")
	start, index, stride := slice("start"), slice("at"), number("stride")
	t.scale(stride)
	bytes := groups * t.group()
	walkParents([]string{"parent", "gParent"}, bytes, func(p *parents, children reg.GPVirtual) {
		b := bank{t: t}
		ps := pieces(t, groups, 4)
		var sum, row []reg.VecPhysical // of the parent, in registers if the tier has enough
		n := groups * t.parts
		keeps := 4*n+4 <= t.registers
		gParent := GP64()
		if keeps {
			sum, row = b.take(n), b.take(n)
			t.zero(sum...)
			parent := GP64()
			MOVQ(p.slot(0), parent)
			t.load(at(parent), row...)
		} else {
			z := b.t.r(0)
			t.zero(z)
			MOVQ(p.slot(1), gParent)
			for i := range groups * t.parts {
				VMOVUPD(z, at(gParent).Offset(i*t.size()))
			}
		}
		child, none := label("child"), label("none")
		TESTQ(children, children)
		JZ(LabelRef(none))
		Label(child)
		count := GP64()
		MOVL(at(start).Offset(4), count.As32())
		SUBL(at(start), count.As32())
		ADDQ(U32(4), start)
		for i, piece := range ps {
			b := b
			off := piece[0] * t.size()
			last := i == len(ps)-1
			g := t.sums(&b, piece[1], off, bytes, q, s, index, count, last)
			parent, factor := GP64(), GP64()
			MOVLQSX(at(leaf), factor)
			IMULQ(stride, factor)
			old := b.take(2)
			if !keeps {
				MOVQ(p.slot(0), parent)
				MOVQ(p.slot(1), gParent)
			}
			for k := range g {
				m := off + k*t.size()
				o := old[k%2]
				VMOVUPD(indexed(gV, factor).Offset(m), o)
				if keeps {
					t.fmadd(row[k], g[k], o)
					VMOVUPD(o, indexed(gV, factor).Offset(m))
					t.fmadd(indexed(v, factor).Offset(m), g[k], sum[k])
					continue
				}
				t.fmadd(at(parent).Offset(m), g[k], o)
				VMOVUPD(o, indexed(gV, factor).Offset(m))
				VMOVUPD(at(gParent).Offset(m), o)
				t.fmadd(indexed(v, factor).Offset(m), g[k], o)
				VMOVUPD(o, at(gParent).Offset(m))
			}
		}
		ADDQ(U32(4), leaf)
		DECQ(children)
		JNZ(LabelRef(child))
		Label(none)
		if keeps {
			MOVQ(p.slot(1), gParent)
			t.store(sum, at(gParent))
		}
	})
}
