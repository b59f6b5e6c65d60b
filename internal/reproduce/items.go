package reproduce

// item is a figure or table: its name, its title, what the paper reports of it, and how it is done again.
type item struct {
	name, title, paper string
	do                 func(*work) error
	flowOnly           bool // not in the paper: left out under "all" but for the flow
}

// items holds what can be reproduced, in order: the figures and the table of the paper, and two phase diagrams that it
// lacks.
var items = []item{
	figure2,
	figure3,
	figure4,
	figure5,
	table1,
	figure6,
	figure7,
	phase,
	connectivity,
}

// Items lists the names of what can be reproduced, in order.
func Items() []string {
	var names []string
	for _, i := range items {
		names = append(names, i.name)
	}
	return names
}

// steps does an item: its studies, the pictures drawn of them (draw may be nil), and the claims made of them. M is what
// the studies leave.
func steps[M any](studies func(*work) (M, error), draw func(*work, M) error, claims func(*work, M)) func(*work) error {
	return func(w *work) error {
		found, err := studies(w)
		if err == nil && draw != nil {
			err = draw(w, found)
		}
		if err != nil {
			return err
		}
		claims(w, found)
		return nil
	}
}
