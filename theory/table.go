package theory

import (
	"context"
)

// entry is a statement of the paper in the table: what it says, along which runs it is measured, what is measured
// there and what a row says of it.
type entry struct {
	Explanation
	hypothesis string  // under which it is measured, in a few words
	run        *course // entries that name the same course share its runs

	// measure returns what is measured along a run of an observing course: first what must hold, then what is reported
	// beside it. A course of another kind measures by itself.
	measure func() []Statement
	claim   func(ctx context.Context, r *run) (Result, error) // the row, and data for figures; nil: run.row
	note    func(row Row) string                              // column "detail"; nil: nothing
	// what its rows answer beyond whether it holds; nil: nothing
	findings func(rows []Row) []string
}

// table holds every statement, in the order of the rows.
var table = []*entry{
	lemma41,
	theorem32i,
	theorem32ii,
	theorem33,
	lemmaA2,
	theorem22,
	theorem21,
	trajectory,
	exponent,
	endToEnd,
	endToEndExponent,
	bounds,
	networkConserved,
	networkExponent,
}

// Explanation is a statement in two sentences, for a reader who has not read the paper.
type Explanation struct {
	Name    string
	Title   string
	Formula string // with sub and sup elements, which Markdown takes too; the rest is escaped as in HTML
	Text    string
	// Identity: the statement follows from the chain rule and the hypothesis by algebra, for any data and any path. A line
	// that holds says that neither side was miscalculated and that the hypothesis was kept; it is no finding about training.
	Identity bool
}

// Statements lists the names that Options.Statements takes, in the order of the table.
func Statements() []string {
	var names []string
	for _, e := range table {
		names = append(names, e.Name)
	}
	return names
}

// rowsOf are the rows of one statement.
func (r *Result) rowsOf(e *entry) []Row {
	var out []Row
	for _, row := range r.Rows {
		if row.Statement == e.Name {
			out = append(out, row)
		}
	}
	return out
}
