package posterior

// turns is whose latent variables a noise draws in a sweep: those of every other part of the cells, and of the rest in the
// next sweep, since a draw of all costs as much as the rows. Every draw is one of a conditional distribution, so that the joint
// distribution stays what it is; as many sweeps have 5 to 15 % fewer effective draws of the likelihood.
type turns struct {
	draws int
	whole bool // all parts are drawn
	begun bool // a draw of all has been made since the values were new
}

// next begins a draw, of all parts where the parameters that latent variables depend on have moved without them.
func (t *turns) next(whole bool) {
	t.draws++
	t.whole = whole || !t.begun
	t.begun = true
}

// renewed says that the latent variables are those of other values.
func (t *turns) renewed() { t.begun = false }

// at reports whether it is a part's turn.
func (t *turns) at(part int) bool { return t.whole || (part+t.draws)%2 == 0 }

// parameters reports whether this is a sweep that draws the parameters of which the latent variables are integrated out.
func (t *turns) parameters() bool {
	const every = 5 // sweeps: one draw costs as much as the rest
	return t.draws%every == 0
}

// sparing is a noise that leaves the targets and weights of some parts of the cells as they are, or all weights.
type sparing interface {
	drawn(part int) (targets, weights bool)
}
