package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	lanes     = 8
	widestRow = 256 // bytes of a panel row
)

// tier is an instruction set with a type of number. A lane group fills parts registers.
type tier struct {
	name      string
	flag      string // in package cpu
	parts     int
	registers int
	bytes     int // of a number
	groups    int // the most in a panel row
	sumGroups int // of even and odd items, in groups, that the registers hold
}

// A lane group of float32 is what a 256-bit register holds; what AVX-512 adds are registers.
var tiers = []tier{
	{"AVX512", "AVX512", 1, 32, 8, 4, 4},
	{"AVX2", "AVX2", 2, 16, 8, 4, 3},
	{"F32AVX512", "AVX512", 1, 32, 4, 8, 8},
	{"F32AVX2", "AVX2", 1, 16, 4, 8, 6},
}

// group is the number of bytes in a lane group, size that in a register, width the number of numbers in a register.
func (t tier) group() int { return lanes * t.bytes }
func (t tier) size() int  { return t.group() / t.parts }
func (t tier) width() int { return lanes / t.parts }

// double reports whether numbers are float64.
func (t tier) double() bool { return t.bytes == 8 }

// zmms reports whether registers have 512 bits.
func (t tier) zmms() bool { return t.size() == 64 }

// function emits a function of that name and tier. T in the parameters stands for the type of number.
func (t tier) function(name, params, doc string, body func()) {
	TEXT(name+t.name, NOSPLIT, "func("+strings.ReplaceAll(params, "T", float[t.bytes])+")")
	Pragma("noescape")
	Doc(name + t.name + " is " + doc + ".")
	body()
	VZEROUPPER()
	RET()
}

// r is vector register i.
func (t tier) r(i int) reg.VecPhysical {
	if i >= t.registers {
		panic(fmt.Sprintf("%s has no register %d", t.name, i))
	}
	if t.zmms() {
		return zmm[i]
	}
	return ymm[i]
}

// bits128 and bits256 are the low parts of a register.
func bits128(r reg.VecPhysical) reg.VecPhysical { return xmm[r.PhysicalIndex()] }
func bits256(r reg.VecPhysical) reg.VecPhysical { return ymm[r.PhysicalIndex()] }

var (
	zmm = []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}
	ymm = []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
		reg.Y16, reg.Y17, reg.Y18, reg.Y19, reg.Y20, reg.Y21, reg.Y22, reg.Y23,
		reg.Y24, reg.Y25, reg.Y26, reg.Y27, reg.Y28, reg.Y29, reg.Y30, reg.Y31,
	}
	xmm = []reg.VecPhysical{
		reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7,
		reg.X8, reg.X9, reg.X10, reg.X11, reg.X12, reg.X13, reg.X14, reg.X15,
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
		if t.registers == 32 {
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
		t.fmadd(m.Offset(i*t.size()), x[i], acc[i])
	}
}

func (t tier) fmadd(m, x, acc Op) {
	if t.double() {
		VFMADD231PD(m, x, acc)
	} else {
		VFMADD231PS(m, x, acc)
	}
}

func (t tier) mul(m, x, out Op) {
	if t.double() {
		VMULPD(m, x, out)
	} else {
		VMULPS(m, x, out)
	}
}

func (t tier) add(m, x, out Op) {
	if t.double() {
		VADDPD(m, x, out)
	} else {
		VADDPS(m, x, out)
	}
}

func (t tier) sub(m, x, out Op) {
	if t.double() {
		VSUBPD(m, x, out)
	} else {
		VSUBPS(m, x, out)
	}
}

// div sets out = x / m.
func (t tier) div(m, x, out Op) {
	if t.double() {
		VDIVPD(m, x, out)
	} else {
		VDIVPS(m, x, out)
	}
}

func (t tier) sqrt(m, out Op) {
	if t.double() {
		VSQRTPD(m, out)
	} else {
		VSQRTPS(m, out)
	}
}

// broadcast fills a register with one number.
func (t tier) broadcast(m Mem, r reg.VecPhysical) {
	if t.double() {
		VBROADCASTSD(m, r)
	} else {
		VBROADCASTSS(m, r)
	}
}

// broadcast2 fills even and odd with one number each, two in a row in memory, by one load.
func (t tier) broadcast2(m Mem, even, odd reg.VecPhysical) {
	switch {
	case !t.double():
		VBROADCASTSD(m, odd)
		VMOVSLDUP(odd, even)
		VMOVSHDUP(odd, odd)
		return
	case t.zmms():
		VBROADCASTF64X2(m, odd)
	default:
		VBROADCASTF128(m, odd)
	}
	VUNPCKLPD(odd, odd, even)
	VUNPCKHPD(odd, odd, odd)
}

// norms is how many registers hold the squared norms of a lane group, which are float64.
func (t tier) norms() int {
	if t.double() {
		return t.parts
	}
	return 2
}

// spare is how many registers addSquares needs beside.
func (t tier) spare() int {
	if t.double() {
		return 0
	}
	return 2
}

// addSquares adds the squares of a lane group to sum.
func (t tier) addSquares(v, sum, spare []reg.VecPhysical) {
	if t.double() {
		for p := range v {
			VFMADD231PD(v[p], v[p], sum[p])
		}
		return
	}
	VEXTRACTF128(Imm(1), v[0], bits128(spare[1]))
	VCVTPS2PD(bits128(v[0]), spare[0])
	VCVTPS2PD(bits128(spare[1]), spare[1])
	VFMADD231PD(spare[0], spare[0], sum[0])
	VFMADD231PD(spare[1], spare[1], sum[1])
}

// scale turns a number of numbers into bytes.
func (t tier) scale(r reg.GPVirtual) {
	if t.double() {
		SHLQ(Imm(3), r)
	} else {
		SHLQ(Imm(2), r)
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
