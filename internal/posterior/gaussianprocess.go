package posterior

import (
	"cmp"
	"math"
	"slices"

	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// GaussianProcess is the prior of a mode whose labels have coordinates t, such as dates. The rows of the factor are
// u(t) = M⁻¹ z(t), with as many independent processes z as columns,
//
//	z_r(t) = Σ_b c_rb φ_b(t) + f_r(t) + w_r(t) ,   f_r ~ GP(0, (1 − α_r) k(t/ℓ_r)) ,   w_r(t) ~ N(0, α_r) ,
//
// where φ are a constant and the harmonics of the periods, c_rb ~ N(0, v_rb), k is Matérn's covariance and w is
// independent between labels. Entries of M are independent N(0, 1), so that for α = 1 rows are those of [NormalWishart]
// but for the variances v of the mean. The rest of the prior, for every process: log ℓ is normal around the geometric
// mean of the step and four times the range, the log-odds of α are normal, and v is inverse gamma with shape and rate
// ½, one for the constant and one for every harmonic.
//
// All parameters are sampled given the rows of labels that have cells. All rows are drawn at once, a cost that is
// linear in the number of labels, so that labels without cells, between the others and beyond, get draws from the
// process; far from the data the variance is the prior's.
type GaussianProcess struct {
	Coordinates []float64 // of the labels, finite, in any order; nil: 0, 1, 2 …
	Periods     []float64 // positive, in units of the coordinates
	Order       int       // of Matérn's process, 1 or 2: ν = ½ (rough) or 3/2; default 2
}

// harmonics is the largest number of harmonics of a period; those shorter than two steps are left out.
// That of two steps stays: it is most of the season of quarters.
const harmonics = 4

func (g GaussianProcess) withDefaults() GaussianProcess {
	if g.Order == 0 {
		g.Order = 2
	}
	return g
}

// Memory is how many bytes the prior takes beside what [Memory] counts, for a mode of d labels.
func (g GaussianProcess) Memory(d, blocks int) float64 {
	g = g.withDefaults()
	each := perLabel(blocks, g.Order, linalg.Stride(blocks+1))
	length := partLength(d, each)
	parts := (d + length - 1) / length
	functions := float64(1 + 2*harmonics*len(g.Periods))
	block := float64(g.Order*blocks) * float64(linalg.Stride(g.Order*blocks))
	labels := float64(float64(length)*float64(each)) + float64(float64(d)*(functions+float64(blocks)+4))
	return 8 * (labels + float64(float64(parts+8)*block) + float64(float64(2*chunk)*(functions+float64(blocks))))
}

func (g GaussianProcess) start(r rows) prior {
	g = g.withDefaults()
	if g.Coordinates == nil {
		g.Coordinates = make([]float64, r.count)
		for i := range g.Coordinates {
			g.Coordinates[i] = float64(i)
		}
	}
	if len(g.Coordinates) != r.count || g.Order < 1 || g.Order > maxOrder {
		panic("posterior: a Gaussian process has one coordinate a label and order 1 or 2")
	}
	p := &process{rows: r, matern: matern{g.Order}, sorted: make([]int, r.count)}
	for i := range p.sorted {
		p.sorted[i] = i
	}
	slices.SortStableFunc(p.sorted, func(i, j int) int { return cmp.Compare(g.Coordinates[i], g.Coordinates[j]) })
	p.at = make([]float64, r.count)
	for k, i := range p.sorted {
		p.at[k] = g.Coordinates[i]
		if r.starts[i+1] > r.starts[i] {
			p.known = append(p.known, k)
		}
	}
	step := p.setLengths()
	p.setBasis(g.Periods, step)
	p.curves = make([]curve, len(r.columns))
	for k := range p.curves {
		p.curves[k] = curve{
			length: p.length, rough: -6,
			weights: make([]float64, p.functions), shares: linalg.Ones(p.functions),
		}
	}
	p.mixing = linalg.Identity(len(r.columns))
	p.filter = newFilter(p)
	p.chain = newChain(p, partLength(r.count, perLabel(len(r.columns), p.order, r.stride)))
	return p
}

// process is the state of the prior for one factor.
type process struct {
	rows
	matern
	sorted    []int     // labels by ascending coordinate
	at        []float64 // their coordinates
	known     []int     // places in sorted of the labels that have cells
	functions int       // B, the number of functions φ
	basis     []float64 // φ_b of the k-th sorted label at [k*B+b]

	length, spread    float64 // the prior of log ℓ is normal, with mean log length and that deviation
	shortest, longest float64 // where it is cut off

	curves []curve   // of every process
	mixing []float64 // M: M u(t) are the processes
	filter *filter
	chain  *chain
	sweeps int
}

// curve is the parameters of one process.
type curve struct {
	length  float64   // ℓ
	rough   float64   // the log-odds of α
	weights []float64 // c
	shares  []float64 // v
}

func (c *curve) alpha() float64 { return 1 / (1 + portable.Exp(-c.rough)) }

// setLengths sets the prior of the lengths from the step of the coordinates and their range, and returns the step.
func (p *process) setLengths() (step float64) {
	var steps []float64
	for k := 1; k < p.count; k++ {
		if d := p.at[k] - p.at[k-1]; d > 0 {
			steps = append(steps, d)
		}
	}
	if len(steps) == 0 {
		steps = []float64{1}
	}
	slices.Sort(steps)
	step = steps[len(steps)/2]
	span := max(p.at[p.count-1]-p.at[0], step)
	ratio := portable.Log(4 * span / step)
	p.length = math.Sqrt(step * 4 * span)
	p.spread = max(1, ratio/4)
	p.shortest, p.longest = step/4, min(4*span, 1e4*step)
	return step
}

// setBasis sets the constant and, of every period, the harmonics that the step resolves.
func (p *process) setBasis(periods []float64, step float64) {
	type wave struct{ period, shift float64 }
	waves := []wave{}
	for _, period := range periods {
		for h := 1; h <= harmonics && period > 1.999*step*float64(h); h++ {
			waves = append(waves, wave{period / float64(h), 0}, wave{period / float64(h), 0.25})
		}
	}
	p.functions = 1 + len(waves)
	p.basis = linalg.Ones(p.count * p.functions)
	for k, t := range p.at {
		for b, w := range waves {
			turn := t / w.period
			turn -= math.Floor(turn)
			p.basis[k*p.functions+1+b] = portable.Cos(2 * math.Pi * (turn - w.shift))
		}
	}
}

// mean returns Σ_b c_rb φ_b of the k-th sorted label.
func (p *process) mean(k, r int) float64 {
	var sum float64
	for b, c := range p.curves[r].weights {
		sum += float64(c * p.basis[k*p.functions+b])
	}
	return sum
}

// draw samples every column's parameters given the rows that have cells. The first rows are no draw yet and tell
// nothing.
func (p *process) draw(s *rng.Stream) {
	p.sweeps++
	if p.sweeps == 1 || len(p.known) == 0 {
		return
	}
	p.filter.draw(s)
}
