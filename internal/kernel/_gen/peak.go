package main

import (
	. "github.com/mmcloughlin/avo/build"
)

// multiplyAdds keeps 12 independent sums in registers, more than the latency of any multiply–add needs.
func multiplyAdds(t tier, _ int) {
	out, n := number("out"), number("n")
	if t.parts == 2 { // a register is half a lane group
		ADDQ(n, n)
	}
	b := bank{t: t}
	acc, x := b.take(12), b.take(1)
	t.zero(acc...)
	t.zero(x...)
	loop(n, func() {
		for _, a := range acc {
			t.fmadd(x[0], x[0], a)
		}
	})
	VMOVUPD(acc[0], at(out))
}
