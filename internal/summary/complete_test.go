package summary

import (
	"math"
	"strings"
	"testing"
)

// TestLabelsWithoutGapsHaveTheErrorOfHiddenValues looks at the lines of a label with gaps and of one without.
func TestLabelsWithoutGapsHaveTheErrorOfHiddenValues(t *testing.T) {
	r := &Complete{Modes: []string{"site"}, ByLabel: []labelResult{
		{Mode: "site", Label: "a", Filled: 3, FilledRMSE: 0.5, HeldOut: 5, HeldOutRMSE: 0.25, Skill: 0.2},
		{Mode: "site", Label: "b", FilledRMSE: Number(math.NaN()), HeldOut: 5, HeldOutRMSE: 0.25, Skill: 0.2},
	}}
	var s strings.Builder
	r.labels(&s)
	want := "  a: RMSE 0.5, accounts for 20 % of its variation\n" +
		"  b: RMSE 0.25 of hidden values, as it has no gaps, accounts for 20 % of its variation\n"
	if s.String() != want {
		t.Errorf("got\n%swant\n%s", s.String(), want)
	}
}
