package figure

import (
	"image/color"

	"gonum.org/v1/plot/vg"
)

// Lengths of the drawing, in points.
const (
	tickLength  = 3.5
	gap         = 4
	barWidth    = 9
	lineSpacing = 1.25
	nameRoom    = 55 // for the names under an axis when they run upwards
)

// scene is a chart with its scales and the rectangle inside its axes.
type scene struct {
	*Chart
	x, y, right scale
	colour      scale
	area        vg.Rectangle
	xTicks      []tick
	yTicks      []tick
	rightTicks  []tick
	colourTicks []tick
	turned      bool // names under the horizontal axis run upwards
}

func (c *Chart) draw(p pen, frame vg.Rectangle) {
	s := scene{Chart: c}
	s.fitScales()
	s.layout(p, frame)
	s.drawLayers(p)
	s.drawAxes(p)
}

func (s *scene) fitScales() {
	x, y := newExtent(s.X.Log), newExtent(s.Y.Log)
	right, colour := newExtent(s.Right != nil && s.Right.Log), newExtent(s.Colour != nil && s.Colour.Log)
	margin := 0.03
	if s.Heat != nil {
		margin = 0
		x.add(s.Heat.XEdges...)
		y.add(s.Heat.YEdges...)
		for _, row := range s.Heat.Values {
			colour.add(row...)
		}
	}
	for _, b := range s.Bands {
		x.add(b.X...)
		y.add(b.Low...)
		y.add(b.High...)
	}
	for _, b := range s.Bars {
		for i, at := range b.X {
			x.add(at-b.Width/2, at+b.Width/2)
			y.add(0, b.Y[i])
		}
	}
	for _, c := range s.Curves {
		x.add(c.X...)
		if c.Right {
			right.add(c.Y...)
		} else {
			y.add(c.Y...)
		}
	}
	for _, q := range s.Points {
		x.add(q.X...)
		y.add(q.Y...)
		y.add(q.Low...)
		y.add(q.High...)
		colour.add(q.Values...)
	}
	for _, r := range s.Rules {
		if r.Vertical {
			x.add(r.At)
		} else {
			y.add(r.At)
		}
	}
	s.x, s.y = x.fit(s.X, margin/2), y.fit(s.Y, margin)
	if s.Right != nil {
		s.right = right.fit(*s.Right, margin)
	}
	if s.Colour != nil {
		s.colour = colour.fit(Axis{Log: s.Colour.Log, Min: s.Colour.Min, Max: s.Colour.Max}, 0)
	}
}

func (s *scene) numbers() letters { return letters{size: labelSize, colour: color.Black} }

func widest(l letters, ticks []tick) (w vg.Length) {
	for _, t := range ticks {
		w = max(w, tickWidth(l, t))
	}
	return w
}

// layout finds the rectangle inside the axes: the frame less titles, legend, labels, numbers and colour bar.
func (s *scene) layout(p pen, frame vg.Rectangle) {
	l := s.numbers()
	line := vg.Points(labelSize * lineSpacing)
	x0, x1 := frame.Min.X+gap, frame.Max.X-gap
	y0, y1 := frame.Min.Y+gap, frame.Max.Y-gap
	if s.Title != "" {
		bold := letters{titleSize, true, color.Black}
		p.write(bold, (x0+x1)/2, y1-bold.ascent(), 0.5, bold.shorten(s.Title, x1-x0))
		y1 -= vg.Points(titleSize*lineSpacing) + gap
	}
	y1 = s.drawLegend(p, x0, x1, y1)

	small := letters{size: smallSize, colour: Dim.rgba(1)}
	if s.Note != "" {
		lines := small.wrap(s.Note, x1-x0)
		for i, text := range lines {
			p.write(small, x0, y0+vg.Points(smallSize*(float64(len(lines)-1-i)*lineSpacing+0.25)), 0, text)
		}
		y0 += vg.Points(smallSize*lineSpacing*float64(len(lines))) + gap
	}
	names := categoryTicks(s.X.Categories, len(s.X.Categories))
	s.turned = s.X.AllNames && vg.Length(len(names))*(widest(small, names)+6) > x1-x0-40 &&
		vg.Length(len(names))*line < x1-x0-40
	if !s.X.Hidden {
		y0 += tickLength + line + gap
		if s.turned {
			y0 += min(widest(small, names), nameRoom) - line/2
		}
		if s.X.title() != "" {
			y0 += line
		}
	}
	tickRoom := int((y1 - y0) / vg.Points(26))
	s.yTicks = s.Y.ticks(s.y, max(3, tickRoom))
	if len(s.Y.Categories) > 0 {
		s.yTicks = s.Y.ticks(s.y, max(2, int((y1-y0)/line)))
	}
	l.shortenAll(s.yTicks, (x1-x0)/3) // the picture needs the rest
	if !s.Y.Hidden {
		x0 += tickLength + gap + widest(l, s.yTicks)
		if s.Y.title() != "" {
			x0 += line + gap
		}
	}
	if s.Colour != nil {
		s.colourTicks = Axis{Log: s.Colour.Log}.ticks(s.colour, max(2, tickRoom))
		x1 -= 2*gap + barWidth + gap + widest(l, s.colourTicks)
		if s.Colour.Label != "" {
			x1 -= line + gap
		}
	}
	if s.Right != nil {
		s.rightTicks = s.Right.ticks(s.right, max(2, tickRoom))
		x1 -= tickLength + gap + widest(l, s.rightTicks)
		if s.Right.title() != "" {
			x1 -= line + gap
		}
	}
	s.area = vg.Rectangle{Min: vg.Point{X: x0, Y: y0}, Max: vg.Point{X: x1, Y: max(y1, y0+line)}}
	s.xTicks = s.horizontalTicks(l)
}

// horizontalTicks takes as many ticks as fit beside each other.
func (s *scene) horizontalTicks(l letters) []tick {
	if s.turned {
		return categoryTicks(s.X.Categories, len(s.X.Categories))
	}
	room := s.area.Max.X - s.area.Min.X
	for count := 10; ; count-- {
		ticks := s.X.ticks(s.x, count)
		labelled := 0
		for _, t := range ticks {
			if t.label != "" {
				labelled++
			}
		}
		l.shortenAll(ticks, room/3)
		if count == 1 || vg.Length(labelled)*(widest(l, ticks)+8) <= room {
			return ticks
		}
	}
}

type legendEntry struct {
	name   string
	colour Colour
	width  float64
	dash   Dash
	kind   int // 0 line, 1 point, 2 block of colour
}

func (s *scene) legend() []legendEntry {
	var entries []legendEntry
	add := func(e legendEntry) {
		if e.name != "" {
			entries = append(entries, e)
		}
	}
	for _, b := range s.Bands {
		add(legendEntry{name: b.Name, colour: b.Colour, kind: 2})
	}
	for _, b := range s.Bars {
		add(legendEntry{name: b.Name, colour: b.Colour, kind: 2})
	}
	for _, c := range s.Curves {
		add(legendEntry{name: c.Name, colour: c.Colour, width: c.width(), dash: c.Dash})
	}
	for _, q := range s.Points {
		add(legendEntry{name: q.Name, colour: q.Colour, kind: 1})
	}
	for _, r := range s.Rules {
		add(legendEntry{name: r.Name, colour: r.Colour, width: r.width(), dash: r.Dash})
	}
	return entries
}

// drawLegend writes the legend in rows under the title and returns what is left of the height.
func (s *scene) drawLegend(p pen, x0, x1, y1 vg.Length) vg.Length {
	entries := s.legend()
	if len(entries) == 0 {
		return y1
	}
	const sample = 16
	l := letters{size: smallSize, colour: color.Black}
	line := vg.Points(smallSize * 1.35)
	x, y := x0, y1-l.ascent()
	for _, e := range entries {
		width := sample + gap + l.width(e.name) + 10
		if x > x0 && x+width > x1+10 {
			x, y = x0, y-line
		}
		middle := y + l.ascent()/2
		switch e.kind {
		case 0:
			p.line(e.colour, e.width, e.dash, vg.Point{X: x, Y: middle}, vg.Point{X: x + sample, Y: middle})
		case 1:
			p.ink(e.colour, 1)
			p.Fill(disc(vg.Point{X: x + sample/2, Y: middle}, 2.4))
		case 2:
			p.ink(e.colour, 0.5)
			p.Fill(rectangle(x+2, y-1, x+sample-2, y+l.ascent()+1))
		}
		p.write(l, x+sample+gap, y, 0, l.shorten(e.name, x1-x-sample-gap))
		x += width
	}
	return y - gap - 2
}

func (s *scene) drawAxes(p pen) {
	a, l := s.area, s.numbers()
	line := vg.Points(labelSize * lineSpacing)
	half := l.ascent() / 2
	if !s.X.Hidden {
		p.line(Black, 0.6, Solid, vg.Point{X: a.Min.X, Y: a.Min.Y}, vg.Point{X: a.Max.X, Y: a.Min.Y})
		for _, t := range s.xTicks {
			at := s.x.at(t.value)
			if at < -1e-6 || at > 1+1e-6 {
				continue
			}
			x := a.Min.X + vg.Length(at)*(a.Max.X-a.Min.X)
			p.tick(t, vg.Point{X: x, Y: a.Min.Y}, 0, -1)
			if s.turned {
				small := letters{size: smallSize, colour: color.Black}
				p.writeUp(small, x+small.ascent()/2, a.Min.Y-tickLength-2, 1, small.shorten(t.label, nameRoom))
			} else {
				p.writeTick(l, x, a.Min.Y-tickLength-2-l.ascent(), 0.5, t)
			}
		}
		title := a.Min.Y - tickLength - gap - line - l.ascent()
		if s.turned {
			small := letters{size: smallSize}
			title -= min(widest(small, s.xTicks), nameRoom) - line/2
		}
		p.write(l, (a.Min.X+a.Max.X)/2, title, 0.5, l.shorten(s.X.title(), a.Max.X-a.Min.X))
	}
	if !s.Y.Hidden {
		l.colour = s.Y.Colour.rgba(1)
		p.line(Black, 0.6, Solid, vg.Point{X: a.Min.X, Y: a.Min.Y}, vg.Point{X: a.Min.X, Y: a.Max.Y})
		for _, t := range s.yTicks {
			if at := s.y.at(t.value); at > -1e-6 && at < 1+1e-6 {
				y := a.Min.Y + vg.Length(at)*(a.Max.Y-a.Min.Y)
				p.tick(t, vg.Point{X: a.Min.X, Y: y}, -1, 0)
				p.writeTick(l, a.Min.X-tickLength-2, y-half, 1, t)
			}
		}
		p.writeUp(l, a.Min.X-tickLength-2*gap-widest(l, s.yTicks), (a.Min.Y+a.Max.Y)/2, 0.5, l.shorten(s.Y.title(), a.Max.Y-a.Min.Y))
	}
	x := a.Max.X
	if s.Right != nil {
		l.colour = s.Right.Colour.rgba(1)
		p.line(s.Right.Colour, 0.6, Solid, vg.Point{X: x, Y: a.Min.Y}, vg.Point{X: x, Y: a.Max.Y})
		x = s.sideTicks(p, l, s.right, s.rightTicks, s.Right.title(), x)
	}
	if s.Colour != nil {
		l.colour = color.Black
		x += 2 * gap
		const steps = 96
		for i := range steps {
			y := func(k int) vg.Length { return a.Min.Y + vg.Length(k)/steps*(a.Max.Y-a.Min.Y) }
			p.ink(s.Colour.Map.At((float64(i)+0.5)/steps), 1)
			p.Fill(rectangle(x, y(i), x+barWidth, min(y(i+1)+0.5, a.Max.Y)))
		}
		s.sideTicks(p, l, s.colour, s.colourTicks, s.Colour.Label, x+barWidth)
	}
}

// sideTicks writes ticks, numbers and label to the right of x and returns where they end.
func (s *scene) sideTicks(p pen, l letters, sc scale, ticks []tick, title string, x vg.Length) vg.Length {
	a := s.area
	for _, t := range ticks {
		if at := sc.at(t.value); at > -1e-6 && at < 1+1e-6 {
			y := a.Min.Y + vg.Length(at)*(a.Max.Y-a.Min.Y)
			p.SetColor(l.colour)
			p.tick(t, vg.Point{X: x, Y: y}, 1, 0)
			p.writeTick(l, x+tickLength+2, y-l.ascent()/2, 0, t)
		}
	}
	x += tickLength + gap + widest(l, ticks)
	if title != "" {
		x += vg.Points(labelSize * lineSpacing)
		p.writeUp(l, x-2, (a.Min.Y+a.Max.Y)/2, 0.5, title)
	}
	return x + gap
}

// tick draws a mark that points in the direction (dx, dy); minor marks are shorter.
func (p pen) tick(t tick, at vg.Point, dx, dy vg.Length) {
	length := vg.Length(tickLength)
	if t.label == "" {
		length *= 0.55
	}
	p.line(Black, 0.5, Solid, at, vg.Point{X: at.X + dx*length, Y: at.Y + dy*length})
}
