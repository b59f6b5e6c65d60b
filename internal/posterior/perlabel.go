package posterior

import (
	"encoding/json"
	"fmt"
	"math"

	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// PerLabel is a noise of its own for every label of one mode, or for groups of labels, whose values are of different
// kinds, such as rain beside days of frost. All share the blocks: the predictor of a cell of group g is
//
//	η_c = o_g + a_g x_c ,   x_c = Σ_r Π_n u_n[i_n, r] ,
//
// with the offset o and the gain a in the space of the group's link, so that x has deviation 1 or so for every label.
// If the group's noise acts like targets t_c and weights w_c of η, it acts on x like (t_c − o)/a and a² w_c.
type PerLabel struct {
	Mode   int
	Groups []Group // every label is in one of them
}

// Group is the labels that share a noise.
type Group struct {
	Labels       []int
	Noise        Noise
	Offset, Gain float64 // o and a of noises with a link of their own; Gain 0: found from the known values
}

// linked is a noise whose predictor is brought to deviation 1 by an offset and a gain that the values show.
type linked interface {
	link(values []float64) (offset, gain float64)
}

// A gain below the least would leave blocks no effect, above the most one that the link does not bear.
const leastGain, mostGain = 0.3, 3.0

// linkOf returns the mean of transformed values, and their deviation within the limits of gains; 0 and 1 without values.
func linkOf(values []float64, transform func(y float64) float64) (offset, gain float64) {
	if len(values) == 0 {
		return 0, 1
	}
	moved := make([]float64, len(values))
	for c, y := range values {
		moved[c] = transform(y)
	}
	offset, gain = tensor.Moments(moved)
	return offset, math.Min(math.Max(gain, leastGain), mostGain)
}

// link leaves the offset to the level.
func (NegativeBinomial) link(values []float64) (offset, gain float64) {
	_, gain = linkOf(values, func(y float64) float64 { return portable.Log(y + 0.5) })
	return 0, gain
}

func (b Binomial) link(values []float64) (offset, gain float64) {
	trials := b.trials(values)
	return linkOf(values, func(y float64) float64 { return portable.Log((y + 0.5) / (trials - y + 0.5)) })
}

func (Bernoulli) link(values []float64) (offset, gain float64) {
	return linkOf(values, func(y float64) float64 { return portable.Log((y + 0.5) / (1.5 - y)) })
}

// Cost implements Noise: that of a cell of a typical label.
func (f PerLabel) Cost() float64 {
	var sum, labels float64
	for _, g := range f.Groups {
		sum += float64(g.Noise.Cost() * float64(len(g.Labels)))
		labels += float64(len(g.Labels))
	}
	return variedCost + sum/math.Max(1, labels)
}

func (f PerLabel) start(s *sampler) noise {
	p := &labelled{
		s: s, mode: f.Mode, group: make([]int, s.Shape[f.Mode]), target: make([]float64, s.data.Len()),
		weight: linalg.Ones(s.data.Len()),
	}
	for g, members := range f.Groups {
		for _, label := range members.Labels {
			p.group[label] = g
		}
	}
	cells := make([][]int32, len(f.Groups))
	for c, label := range s.data.Index[f.Mode] {
		g := p.group[label]
		cells[g] = append(cells[g], int32(c))
	}
	for g, members := range f.Groups {
		p.groups = append(p.groups, startGroup(s, members, cells[g], g))
	}
	p.gather()
	return p
}

// startGroup begins the noise of some cells as that of a table of its own, which has the factors of the whole.
func startGroup(s *sampler, g Group, cells []int32, number int) *grouped {
	data := &tensor.Observed{Modes: s.data.Modes, Index: make([][]int32, len(s.data.Index))}
	censored := false
	for _, c := range cells {
		for n, column := range s.data.Index {
			data.Index[n] = append(data.Index[n], column[c])
		}
		data.Values = append(data.Values, s.data.Values[c])
		if s.data.Low != nil {
			data.Low, data.High = append(data.Low, s.data.Low[c]), append(data.High, s.data.High[c])
			censored = censored || s.data.IsCensored(int(c))
		}
	}
	if !censored {
		data.Low, data.High = nil, nil
	}
	own := *s
	own.data, own.modes = data, Sort(data).modes
	own.settings.Stream = fmt.Sprint(s.settings.Stream, "/group/", number)
	own.weights = make([]column, len(s.Shape))
	for n := range own.weights {
		own.weights[n] = newColumn(data.Len())
	}
	own.offset, own.gain = g.Offset, g.Gain
	if l, ok := g.Noise.(linked); !ok {
		own.offset, own.gain = 0, 0
	} else if own.gain == 0 {
		own.offset, own.gain = l.link(data.Values)
	}
	out := &grouped{s: &own, cells: cells, offset: own.offset, gain: own.gain}
	if out.gain == 0 {
		out.gain = 1
	}
	out.noise = g.Noise.start(&own)
	return out
}

// grouped is the noise of a group in one chain.
type grouped struct {
	noise
	s            *sampler // of the group's cells
	cells        []int32  // their places among all
	offset, gain float64
}

// labelled is the state of all groups.
type labelled struct {
	s              *sampler
	mode           int
	group          []int // of every label
	groups         []*grouped
	target, weight []float64
}

func (p *labelled) targets() []float64 { return p.target }
func (p *labelled) weights() []float64 { return p.weight }

// precision is that of the first group that has one.
func (p *labelled) precision() float64 { return p.groups[0].precision() }

func (p *labelled) draw() {
	for _, g := range p.groups {
		g.draw()
	}
	p.gather()
}

// gather brings the regressions of the groups into one of the shared predictor.
func (p *labelled) gather() {
	for _, g := range p.groups {
		targets, weights, square := g.targets(), g.weights(), g.gain*g.gain
		if targets == nil {
			targets = g.s.data.Values
		}
		for k, c := range g.cells {
			p.target[c] = (targets[k] - g.offset) / g.gain
			p.weight[c] = square * weights[k]
		}
	}
}

func (p *labelled) scatter() Scatter {
	out := mixed{mode: p.mode, group: p.group}
	for _, g := range p.groups {
		out.parts = append(out.parts, part{g.scatter(), g.offset, g.gain})
	}
	return out
}

// mixed is the distribution of an observation by its label.
type mixed struct {
	mode  int
	group []int // of every label
	parts []part
}

type part struct {
	Scatter
	offset, gain float64
}

// of returns the distribution of a cell and its predictor.
func (m mixed) of(cell []int32, x float64) (Scatter, float64) {
	p := m.parts[m.group[cell[m.mode]]]
	return p.Scatter, p.offset + float64(p.gain*x)
}

func (m mixed) At(cell []int32, x float64) (mean, variance float64) {
	s, eta := m.of(cell, x)
	return s.At(cell, eta)
}

func (m mixed) CDF(cell []int32, x, y float64) float64 {
	s, eta := m.of(cell, x)
	return s.CDF(cell, eta, y)
}

func (m mixed) LogDensity(cell []int32, x, y float64) float64 {
	s, eta := m.of(cell, x)
	return s.LogDensity(cell, eta, y)
}

func (m mixed) Draw(stream *rng.Stream, cell []int32, x float64) float64 {
	s, eta := m.of(cell, x)
	return s.Draw(stream, cell, eta)
}

func (m mixed) Level() float64 { return m.parts[0].Level() }

// save has the mode and the group of every label for numbers.
func (m mixed) save() SavedScatter {
	out := SavedScatter{Name: "mixed", Numbers: []float64{float64(m.mode)}}
	for _, g := range m.group {
		out.Numbers = append(out.Numbers, float64(g))
	}
	for _, p := range m.parts {
		out.Parts = append(out.Parts, p.Scatter.(savable).save())
		out.Rows = append(out.Rows, []float64{p.offset, p.gain})
	}
	return out
}

func loadMixed(s SavedScatter, shape tensor.Shape) Scatter {
	if len(s.Numbers) == 0 || len(s.Parts) == 0 || len(s.Rows) != len(s.Parts) {
		return nil
	}
	mode := s.Numbers[0]
	if !(mode >= 0 && mode < float64(len(shape))) || len(s.Numbers) != 1+shape[int(mode)] {
		return nil
	}
	out := mixed{mode: int(mode)}
	for _, g := range s.Numbers[1:] {
		if !(g >= 0 && g < float64(len(s.Parts))) {
			return nil
		}
		out.group = append(out.group, int(g))
	}
	for k, saved := range s.Parts {
		load := groupLoaders[saved.Name]
		if load == nil || len(s.Rows[k]) != 2 {
			return nil
		}
		scatter := load(saved, shape)
		if scatter == nil {
			return nil
		}
		out.parts = append(out.parts, part{scatter, s.Rows[k][0], s.Rows[k][1]})
	}
	return out
}

// savedGroup is a Group in JSON.
type savedGroup struct {
	Labels       []int
	Noise        SavedNoise
	Offset, Gain float64
}

type savedPerLabel struct {
	Mode   int
	Groups []savedGroup
}

// MarshalJSON implements json.Marshaler.
func (f PerLabel) MarshalJSON() ([]byte, error) {
	out := savedPerLabel{Mode: f.Mode}
	for _, g := range f.Groups {
		noise, err := SaveNoise(g.Noise)
		if err != nil {
			return nil, err
		}
		out.Groups = append(out.Groups, savedGroup{g.Labels, noise, g.Offset, g.Gain})
	}
	return json.Marshal(out)
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *PerLabel) UnmarshalJSON(text []byte) error {
	var in savedPerLabel
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*f = PerLabel{Mode: in.Mode}
	for _, g := range in.Groups {
		noise, err := g.Noise.Load()
		if err != nil {
			return err
		}
		f.Groups = append(f.Groups, Group{g.Labels, noise, g.Offset, g.Gain})
	}
	return nil
}

func (p *labelled) fromPrior(s *rng.Stream) {
	for _, g := range p.groups {
		g.noise.(drawable).fromPrior(s)
	}
}

func (p *labelled) renew(s *rng.Stream) {
	for _, g := range p.groups {
		for k, c := range g.cells {
			g.s.data.Values[k] = p.s.data.Values[c]
		}
		g.noise.(drawable).renew(s)
	}
}

func (p *labelled) quantities(visit visitor) {
	for number, g := range p.groups {
		g.noise.(drawable).quantities(func(name string, value float64) {
			visit(fmt.Sprintf("group %d: %s", number+1, name), value)
		})
	}
}
