package completion

import (
	"errors"
	"slices"
)

func (c *calibration) saved() savedCalibration {
	out := savedCalibration{
		Noise: c.noise, Spread: c.spread, Pieces: c.pieces, Uncertainty: c.uncertainty, Mode: c.mode, Stretch: c.stretch,
		Ratios: c.ratios.saved(), Seen: c.seen, Reach: savedBend{c.reach.values, c.reach.factors}, Places: c.places, Unmet: c.unmet,
	}
	for _, r := range c.own {
		out.Own = append(out.Own, r.saved())
	}
	for _, b := range c.bends {
		out.Bends = append(out.Bends, savedBend{b.values, b.factors})
	}
	for k, own := range c.apart {
		if own != nil {
			out.Apart = append(out.Apart, savedApart{class(k), own.saved()})
		}
	}
	return out
}

func (s savedCalibration) load() calibration {
	c := calibration{
		noise: s.Noise, spread: s.Spread, mode: s.Mode, stretch: s.Stretch, ratios: s.Ratios.load(), pieces: s.Pieces,
		uncertainty: s.Uncertainty, seen: s.Seen, reach: bend{s.Reach.Values, s.Reach.Factors}, places: s.Places, unmet: s.Unmet,
	}
	for _, r := range s.Own {
		c.own = append(c.own, r.load(c.ratios))
	}
	for _, b := range s.Bends {
		c.bends = append(c.bends, bend{b.Values, b.Factors})
	}
	if len(s.Apart) > 0 {
		c.apart = make([]*calibration, classes)
	}
	for _, a := range s.Apart {
		if a.Class >= 0 && a.Class < classes { // else check refuses it
			own := a.Of.load()
			c.apart[a.Class] = &own
		}
	}
	return c
}

// check refuses what does not fit the table, of whose modes labels tells the sizes, with so many subsets of modes.
func (s savedCalibration) check(labels func(mode, count int) bool, subsets int) error {
	if !s.Ratios.check() || slices.ContainsFunc(s.Own, func(g savedGraded) bool { return !g.check() }) {
		return errors.New("the calibration does not fit together")
	}
	if len(s.Own) != 0 && len(s.Own) != len(s.Stretch) || len(s.Bends) != 0 && len(s.Bends) != len(s.Stretch) ||
		!labels(s.Mode, len(s.Stretch)) || s.Seen != nil && len(s.Seen) != subsets+1 {
		return errors.New("the calibration does not fit the table")
	}
	for _, b := range append([]savedBend{s.Reach}, s.Bends...) {
		if len(b.Values) != len(b.Factors) || !slices.IsSorted(b.Values) {
			return errors.New("the calibration does not fit together")
		}
	}
	return nil
}
