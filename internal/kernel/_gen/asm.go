package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	lanes     = 8
	maxGroups = 4
	groupSize = 8 * lanes // bytes of a lane group
)

// tier is an instruction set. A lane group fills parts registers.
type tier struct {
	name      string
	parts     int
	registers int
}

var (
	avx512 = tier{"AVX512", 1, 32}
	avx2   = tier{"AVX2", 2, 16}
)

// size is the number of bytes in a register, width the number of float64.
func (t tier) size() int  { return groupSize / t.parts }
func (t tier) width() int { return lanes / t.parts }

func (t tier) text(name, signature, doc string) {
	TEXT(name+t.name, NOSPLIT, "func"+signature)
	Pragma("noescape")
	Doc(name + t.name + " " + doc)
}

// r is vector register i.
func (t tier) r(i int) reg.VecPhysical {
	if i >= t.registers {
		panic(fmt.Sprintf("%s has no register %d", t.name, i))
	}
	if t.parts == 1 {
		return zmm[i]
	}
	return ymm[i]
}

var (
	zmm = []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7, reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23, reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}
	ymm = []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}
	xmm = []reg.VecPhysical{
		reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7, reg.X8, reg.X9, reg.X10, reg.X11, reg.X12, reg.X13, reg.X14, reg.X15,
	}
)

// bank hands out vector registers one after another.
type bank struct {
	t    tier
	next int
}

func (b *bank) take(n int) []reg.VecPhysical {
	var rs []reg.VecPhysical
	for range n {
		rs = append(rs, b.t.r(b.next))
		b.next++
	}
	return rs
}

func (t tier) zero(rs ...reg.VecPhysical) {
	for _, r := range rs {
		if t.parts == 1 {
			VPXORQ(r, r, r)
		} else {
			VXORPD(r, r, r)
		}
	}
}

// load fills registers from consecutive memory, store writes them there.
func (t tier) load(m Mem, rs ...reg.VecPhysical) {
	for i, r := range rs {
		VMOVUPD(m.Offset(i*t.size()), r)
	}
}

func (t tier) store(rs []reg.VecPhysical, m Mem) {
	for i, r := range rs {
		VMOVUPD(r, m.Offset(i*t.size()))
	}
}

// fma adds x times consecutive memory to acc, register by register.
func (t tier) fma(acc, x []reg.VecPhysical, m Mem) {
	for i := range acc {
		VFMADD231PD(m.Offset(i*t.size()), x[i], acc[i])
	}
}

func slice(name string) reg.GPVirtual { return Load(Param(name).Base(), GP64()).(reg.GPVirtual) }
func number(name string) reg.GPVirtual {
	return Load(Param(name), GP64()).(reg.GPVirtual)
}

func at(base reg.Register) Mem { return Mem{Base: base} }

func indexed(base, index reg.Register) Mem { return Mem{Base: base, Index: index, Scale: 1} }

// copyOf is a fresh register with the value of r.
func copyOf(r reg.GPVirtual) reg.GPVirtual {
	c := GP64()
	MOVQ(r, c)
	return c
}

// times is a fresh register holding r·k.
func times(r reg.GPVirtual, k int) reg.GPVirtual {
	c := GP64()
	IMUL3Q(U32(k), r, c)
	return c
}

func done() {
	VZEROUPPER()
	RET()
}
