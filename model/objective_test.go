package model

import (
	"fmt"
	"slices"
	"testing"
)

func TestDerivativesNeedNotBeKept(t *testing.T) {
	for _, p := range problems {
		for _, l := range losses {
			t.Run(fmt.Sprint(p, l.Name()), func(t *testing.T) {
				o := someCells(t, p.shape, 0.6, 1)
				kept := chains(t, o, l, 20, p.depths, 2)
				computed := chains(t, o, l, 20, p.depths, 2)
				computed.first = nil
				if a, b := kept.Gradient(0, nil), computed.Gradient(0, nil); a != b {
					t.Errorf("the loss is %v with kept derivatives, %v without", a, b)
				}
				for n := range kept.g {
					if !slices.Equal(kept.g[n], computed.g[n]) {
						t.Errorf("the gradient of mode %d differs without kept derivatives", n)
					}
				}
			})
		}
	}
}
