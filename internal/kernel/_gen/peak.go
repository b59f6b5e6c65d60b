package main

import (
	. "github.com/mmcloughlin/avo/build"
)

// multiplyAdds keeps 12 independent sums in registers, more than the latency of any multiply–add needs.
func multiplyAdds(t tier) {
	t.text("multiplyAdds", "(out *[8]T, n int)", "does 12 multiply–adds on a register n ≥ 1 times.")
	out, n := number("out"), number("n")
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
	done()
}
