package theory

import (
	"context"
	"math"
	"strings"
	"testing"

	"lacuna/model"
)

// Both exponents come from one run; end to end it stays below two.
func TestEndToEnd(t *testing.T) {
	result, err := Run(context.Background(), Options{
		Statements: []string{"end-to-end-exponent"}, Orders: []int{3}, Depths: [][]int{{2}}, Blocks: 8,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Rows) != 1 {
		t.Fatalf("%d rows", len(result.Rows))
	}
	row := result.Rows[0]
	if !row.Holds || math.Abs(*row.Predicted-(2-2./9)) > 1e-12 || math.Abs(*row.PredictedShallow-(2-2./3+2)) > 1e-12 {
		t.Errorf("%v fitted, %v predicted; %v fitted for w, %v predicted", *row.Fitted, *row.Predicted, *row.FittedShallow,
			*row.PredictedShallow)
	}
	if pictures := result.Pictures(); len(pictures) != 1 || pictures[0].Name != "end-to-end" || len(pictures[0].Figure.Charts) != 2 {
		t.Errorf("%d pictures", len(pictures))
	}
	if text := row.note(); !strings.Contains(text, "paper 3.3333") {
		t.Errorf("the line says %q", text)
	}
}

// The law holds where chains are aligned, and fails where they are not.
func TestEndToEndNeedsAlignedChains(t *testing.T) {
	for start, holds := range map[model.Start]bool{model.BalancedChain: true, model.BalancedGeneral: false} {
		p := newProblem([]int{2, 2}, model.BalancedChain, Options{Blocks: 4, Seed: 1})
		p.start = start
		chains, err := p.build()
		if err != nil {
			t.Fatal(err)
		}
		chains.Gradient(0, nil)
		observer := NewObserver(chains, square(), EndToEnd())
		worst := 0.0
		for _, side := range EndToEnd().sides(observer.point()) {
			worst = math.Max(worst, side.relativeError())
		}
		if (worst < 1e-10) != holds {
			t.Errorf("start %s: relative error %v", start, worst)
		}
	}
}
