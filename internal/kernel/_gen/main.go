// Command _gen writes the assembly of package kernel. Every kernel is generated once for each tier from the same code:
// see reference.go for what it computes.
package main

import (
	"log"

	. "github.com/mmcloughlin/avo/build"
)

//go:generate go run . -out ../kernel_amd64.s -stubs ../stubs_amd64.go -pkg kernel

func main() {
	ConstraintExpr("!noasm")
	for _, t := range tiers {
		matVec(t)
		matTVec(t)
		dot(t)
		if !t.double() {
			norms2(t)
		}
		axpy(t)
		axpyNorm2(t)
		negateDots(t)
		addOuters(t)
		addOuterMatVec(t)
		outersNorm2(t)
		moveLanes(t)
		sumRows(t)
		for groups := 1; groups <= t.groups; groups++ {
			for _, k := range rowKernels {
				k.emit(t, groups)
			}
		}
		multiplyAdds(t)
		if t.double() {
			addTile(t)
			gemmSub(t)
		}
	}
	Generate()
	if err := writeDispatch("../dispatch_rows_amd64.go"); err != nil {
		log.Fatal(err)
	}
}
