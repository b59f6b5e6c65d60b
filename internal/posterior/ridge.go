package posterior

import "lacuna/internal/rng"

// Ridge is the prior of a factor whose entries are all alike: u[i, r] ~ N(0, 1/λ) with one precision λ ~ Gamma(1, 1), whose
// logarithmic density is the penalty of least squares with a ridge. It knows neither means nor correlations of blocks, which a
// few cells cannot tell either.
type Ridge struct{}

func (Ridge) start(r rows) prior { return &ridge{rows: r, precision: 1} }

type ridge struct {
	rows
	precision float64 // λ
}

func (p *ridge) phases() int { return 1 }

func (p *ridge) row(_ int, precision []float64, stride int) {
	clear(precision)
	for k := range p.columns {
		precision[k*stride+k] = p.precision
	}
}

// draw samples λ ~ Gamma(1 + d R/2, 1 + Σ u²/2).
func (p *ridge) draw(s *rng.Stream) {
	var squares float64
	for i := range p.count {
		for _, r := range p.columns {
			u := p.factor[i*p.blocks+r]
			squares += float64(u * u)
		}
	}
	p.precision = gamma(s, 1+float64(float64(p.count*len(p.columns))/2)) / (1 + float64(squares/2))
}
