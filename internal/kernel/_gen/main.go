// Command _gen writes the assembly of package kernel, and what chooses among it and the reference. Every kernel is
// generated once for each tier from the same code: see reference.go for what it computes.
package main

import (
	"log"

	. "github.com/mmcloughlin/avo/build"
)

//go:generate go run . -out ../kernel_amd64.s -stubs ../stubs_amd64.go -pkg kernel

func main() {
	ConstraintExpr("!noasm")
	for _, t := range tiers {
		for _, k := range kernels {
			if k.emit == nil || !k.takes(t.bytes) {
				continue
			}
			for _, n := range k.variants(t) {
				t.function(k.variant(n), k.signature(), k.doc(n), func() { k.emit(t, n) })
			}
		}
		if t.double() {
			gemmSub(t)
			addGram(t)
		}
	}
	Generate()
	for _, write := range []func() error{writeDispatch, writeWasm} {
		if err := write(); err != nil {
			log.Fatal(err)
		}
	}
}
