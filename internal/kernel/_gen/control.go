package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var fresh int

// label makes a name unique.
func label(name string) string {
	fresh++
	return fmt.Sprint(name, fresh)
}

// loop emits body count times, count ≥ 1 in a register that it consumes.
func loop(count reg.GPVirtual, body func()) {
	begin := label("loop")
	Label(begin)
	body()
	DECQ(count)
	JNZ(LabelRef(begin))
}

// upTo emits body for offsets from 0 up to the bytes in end, a lane group apart.
func (t tier) upTo(end reg.GPVirtual, body func(offset reg.GPVirtual)) {
	offset := GP64()
	XORQ(offset, offset)
	begin := label("cols")
	Label(begin)
	body(offset)
	ADDQ(U32(t.group()), offset)
	CMPQ(offset, end)
	JL(LabelRef(begin))
}

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
