package figure

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func (c Curve) width() float64 { return orDefault(c.Width, 1.2) }
func (r Rule) width() float64  { return orDefault(r.Width, 1) }

func orDefault(x, otherwise float64) float64 {
	if x == 0 {
		return otherwise
	}
	return x
}

func (p pen) style(c Colour, width float64, dash Dash) {
	p.ink(c, 1)
	p.SetLineWidth(vg.Points(width))
	switch dash {
	case Dotted:
		p.SetLineDash([]vg.Length{vg.Points(1.2 * width), vg.Points(1.8 * width)}, 0)
	case Dashed:
		p.SetLineDash([]vg.Length{vg.Points(4 * width), vg.Points(2.5 * width)}, 0)
	default:
		p.SetLineDash(nil, 0)
	}
}

func (p pen) line(c Colour, width float64, dash Dash, points ...vg.Point) {
	p.style(c, width, dash)
	var path vg.Path
	appendLine(&path, points)
	p.Stroke(path)
}

func appendLine(path *vg.Path, points []vg.Point) {
	for i, q := range points {
		if i == 0 {
			path.Move(q)
		} else {
			path.Line(q)
		}
	}
}

func disc(centre vg.Point, radius vg.Length) vg.Path {
	var path vg.Path
	path.Move(vg.Point{X: centre.X + radius, Y: centre.Y})
	path.Arc(centre, radius, 0, 2*math.Pi)
	path.Close()
	return path
}

func (s *scene) place(x, y float64, vertical scale) vg.Point {
	return vg.Point{
		X: s.area.Min.X + vg.Length(s.x.at(x))*(s.area.Max.X-s.area.Min.X),
		Y: s.area.Min.Y + vg.Length(vertical.at(y))*(s.area.Max.Y-s.area.Min.Y),
	}
}

func (s *scene) drawLayers(p pen) {
	clip := draw.Canvas{Canvas: p.Canvas, Rectangle: s.area}
	if s.Heat != nil {
		s.drawHeat(p)
	}
	for _, b := range s.Bands {
		s.drawBand(p, clip, b)
	}
	for _, b := range s.Bars {
		s.drawBars(p, clip, b)
	}
	s.drawCurves(p, clip)
	for _, r := range s.Rules {
		a, b := vg.Point{X: s.area.Min.X}, vg.Point{X: s.area.Max.X}
		if r.Vertical {
			at := s.place(r.At, s.y.min, s.y)
			a, b = at, vg.Point{X: at.X, Y: s.area.Max.Y}
		} else {
			at := s.place(s.x.min, r.At, s.y)
			a.Y, b.Y = at.Y, at.Y
		}
		if s.area.Min.X-0.1 <= a.X && a.X <= s.area.Max.X+0.1 && s.area.Min.Y-0.1 <= a.Y && a.Y <= s.area.Max.Y+0.1 {
			p.line(r.Colour, r.width(), r.Dash, a, b)
		}
	}
	for _, q := range s.Points {
		s.drawPoints(p, q)
	}
}

func (s *scene) drawHeat(p pen) {
	h := s.Heat
	for j, row := range h.Values {
		for i, value := range row {
			if !s.colour.accepts(value) {
				continue
			}
			a := s.place(h.XEdges[i], h.YEdges[j], s.y)
			b := s.place(h.XEdges[i+1], h.YEdges[j+1], s.y)
			fill := s.Colour.Map.At(s.colour.at(value))
			p.ink(fill, 1)
			// The overlap keeps viewers from showing hairlines between cells.
			p.Fill(rectangle(a.X, a.Y, min(b.X+0.3, s.area.Max.X), min(b.Y+0.3, s.area.Max.Y)))
			if h.Text != nil {
				l := letters{size: smallSize, colour: Black.rgba(1)}
				if fill.dark() {
					l.colour = White.rgba(1)
				}
				p.write(l, (a.X+b.X)/2, (a.Y+b.Y-l.ascent())/2, 0.5, h.Text[j][i])
			}
		}
	}
}

func (s *scene) drawBand(p pen, clip draw.Canvas, b Band) {
	var outline []vg.Point
	for i := range b.X {
		outline = append(outline, s.place(b.X[i], b.High[i], s.y))
	}
	for i := len(b.X) - 1; i >= 0; i-- {
		outline = append(outline, s.place(b.X[i], b.Low[i], s.y))
	}
	outline = clip.ClipPolygonXY(outline)
	if len(outline) == 0 {
		return
	}
	var path vg.Path
	appendLine(&path, outline)
	path.Close()
	p.ink(b.Colour, 0.25)
	p.Fill(path)
}

func (s *scene) drawBars(p pen, clip draw.Canvas, b Bars) {
	width := orDefault(b.Width, 0.8)
	p.ink(b.Colour, 1)
	var path vg.Path
	for i, x := range b.X {
		if !s.y.accepts(b.Y[i]) {
			continue
		}
		base := math.Min(math.Max(0, s.y.min), s.y.max)
		a, c := s.place(x-width/2, base, s.y), s.place(x+width/2, b.Y[i], s.y)
		corners := clip.ClipPolygonXY([]vg.Point{a, {X: c.X, Y: a.Y}, c, {X: a.X, Y: c.Y}})
		if len(corners) > 0 {
			appendLine(&path, corners)
			path.Close()
		}
	}
	if len(path) > 0 {
		p.Fill(path)
	}
}

// drawCurves strokes runs of curves that look alike as one path: five hundred dormant blocks are one element. A value
// without a neighbour, such as the only record of a run, is a dot.
func (s *scene) drawCurves(p pen, clip draw.Canvas) {
	var path, dots vg.Path
	for i, c := range s.Curves {
		vertical := s.y
		if c.Right {
			vertical = s.right
		}
		for _, piece := range s.pieces(c, vertical) {
			if len(piece) == 1 {
				if clip.Contains(piece[0]) {
					dots = append(dots, disc(piece[0], vg.Points(max(1.2, 1.5*c.width())))...)
				}
				continue
			}
			for _, visible := range clip.ClipLinesXY(simplify(piece, 0.12)) {
				appendLine(&path, visible)
			}
		}
		if i+1 < len(s.Curves) {
			if next := s.Curves[i+1]; next.Colour == c.Colour && next.width() == c.width() && next.Dash == c.Dash {
				continue
			}
		}
		if len(path) > 0 {
			p.style(c.Colour, c.width(), c.Dash)
			p.Stroke(path)
			path = nil
		}
		if len(dots) > 0 {
			p.ink(c.Colour, 1)
			p.Fill(dots)
			dots = nil
		}
	}
}

// pieces places a curve on the page, broken where it has no value.
func (s *scene) pieces(c Curve, vertical scale) [][]vg.Point {
	var pieces [][]vg.Point
	var piece []vg.Point
	for i := range c.X {
		if !s.x.accepts(c.X[i]) || !vertical.accepts(c.Y[i]) {
			if len(piece) > 0 {
				pieces, piece = append(pieces, piece), nil
			}
			continue
		}
		at := s.place(c.X[i], c.Y[i], vertical)
		if c.Steps && len(piece) > 0 {
			piece = append(piece, vg.Point{X: at.X, Y: piece[len(piece)-1].Y})
		}
		piece = append(piece, at)
	}
	if len(piece) > 0 {
		pieces = append(pieces, piece)
	}
	return pieces
}

func (s *scene) drawPoints(p pen, q Points) {
	radius, opacity := vg.Points(orDefault(q.Size, 2)), orDefault(q.Opacity, 1)
	for i := range q.X {
		if !s.x.accepts(q.X[i]) || !s.y.accepts(q.Y[i]) {
			continue
		}
		at := s.place(q.X[i], q.Y[i], s.y)
		if q.Low != nil && s.y.accepts(q.Low[i]) && s.y.accepts(q.High[i]) {
			p.line(q.Colour, 0.8, Solid, s.place(q.X[i], q.Low[i], s.y), s.place(q.X[i], q.High[i], s.y))
		}
		fill := q.Colour
		if q.Values != nil {
			if !s.colour.accepts(q.Values[i]) {
				continue
			}
			fill = s.Colour.Map.At(s.colour.at(q.Values[i]))
		}
		p.ink(fill, opacity)
		p.Fill(disc(at, radius))
	}
}

// simplify drops points of a line that lie within tolerance of the line through their neighbours (Douglas and
// Peucker). What is left looks the same and is a small file.
func simplify(line []vg.Point, tolerance vg.Length) []vg.Point {
	if len(line) < 3 {
		return line
	}
	keep := make([]bool, len(line))
	keep[0], keep[len(line)-1] = true, true
	stack := [][2]int{{0, len(line) - 1}}
	for len(stack) > 0 {
		from, to := stack[len(stack)-1][0], stack[len(stack)-1][1]
		stack = stack[:len(stack)-1]
		far, at := tolerance, -1
		for i := from + 1; i < to; i++ {
			if d := distance(line[i], line[from], line[to]); d > far {
				far, at = d, i
			}
		}
		if at >= 0 {
			keep[at] = true
			stack = append(stack, [2]int{from, at}, [2]int{at, to})
		}
	}
	var kept []vg.Point
	for i, q := range line {
		if keep[i] {
			kept = append(kept, q)
		}
	}
	return kept
}

// distance from q to the segment from a to b.
func distance(q, a, b vg.Point) vg.Length {
	dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
	px, py := float64(q.X-a.X), float64(q.Y-a.Y)
	t := 0.0
	if square := dx*dx + dy*dy; square > 0 {
		t = math.Min(math.Max((px*dx+py*dy)/square, 0), 1)
	}
	return vg.Length(math.Hypot(px-t*dx, py-t*dy))
}
