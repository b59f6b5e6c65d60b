package figure

import (
	"image/color"
	"math"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// fonts are the two that are used: all twelve of gonum's collection would be a tenth of the program.
var fonts = sync.OnceValue(func() *font.Cache {
	return font.NewCache(font.Collection{
		typeface(xfont.WeightNormal, liberationsansregular.TTF), typeface(xfont.WeightBold, liberationsansbold.TTF),
	})
})

func typeface(weight xfont.Weight, data []byte) font.Face {
	parsed, err := opentype.Parse(data)
	if err != nil {
		panic("figure: an embedded font is damaged: " + err.Error())
	}
	return font.Face{Font: sans(weight), Face: parsed}
}

func sans(weight xfont.Weight) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight}
}

// Sizes of letters, in points.
const (
	titleSize = 10
	labelSize = 8.5
	smallSize = 7.5
)

// letters is a style of writing.
type letters struct {
	size   float64
	bold   bool
	colour color.Color
}

func (l letters) face() font.Face {
	weight := xfont.WeightNormal
	if l.bold {
		weight = xfont.WeightBold
	}
	return fonts().Lookup(sans(weight), vg.Points(l.size))
}

func (l letters) width(text string) vg.Length {
	face := l.face()
	return face.Width(text)
}

// ascent is the height of digits and capitals.
func (l letters) ascent() vg.Length { return vg.Points(0.72 * l.size) }

// pen draws on a canvas. outline makes it draw as shapes what the PDF canvas cannot write as text: bold letters, and
// letters outside its one-byte encoding.
type pen struct {
	vg.Canvas
	outline bool
}

// straight is a colour whose RGBA is not multiplied by its opacity: the PDF canvas takes red, green and blue as they
// come, and translucent colours would turn out dark.
type straight struct{ color.NRGBA }

func (s straight) RGBA() (r, g, b, a uint32) {
	return 0x101 * uint32(s.R), 0x101 * uint32(s.G), 0x101 * uint32(s.B), 0x101 * uint32(s.A)
}

func (p pen) ink(c Colour, opacity float64) {
	if p.outline {
		p.SetColor(straight{c.rgba(opacity)})
	} else {
		p.SetColor(c.rgba(opacity))
	}
}

// write puts text with its left (align 0), middle (0.5) or right (1) end at x and its baseline at y.
func (p pen) write(l letters, x, y vg.Length, align float64, text string) {
	if text == "" {
		return
	}
	p.SetColor(l.colour)
	x -= vg.Length(align) * l.width(text)
	if p.outline && (l.bold || !isLatin1(text)) {
		p.shapes(l.face(), x, y, text)
		return
	}
	p.FillString(l.face(), vg.Point{X: x, Y: y}, text)
}

// writeUp is write turned a quarter to the left: the text runs upwards, with its baseline at x.
func (p pen) writeUp(l letters, x, y vg.Length, align float64, text string) {
	p.Push()
	p.Translate(vg.Point{X: x, Y: y})
	p.Rotate(math.Pi / 2)
	p.write(l, 0, 0, align, text)
	p.Pop()
}

// tickWidth is the width of a tick's label with its raised exponent.
func tickWidth(l letters, t tick) vg.Length {
	return l.width(t.label) + l.raised().width(t.exponent)
}

func (l letters) raised() letters {
	l.size *= 0.72
	return l
}

func (p pen) writeTick(l letters, x, y vg.Length, align float64, t tick) {
	x -= vg.Length(align) * tickWidth(l, t)
	p.write(l, x, y, 0, t.label)
	p.write(l.raised(), x+l.width(t.label), y+vg.Points(0.38*l.size), 0, t.exponent)
}

// isLatin1 reports whether PDF's one-byte text encoding holds every letter.
func isLatin1(text string) bool {
	for _, r := range text {
		if r > 0xFF || (r > 0x7E && r < 0xA1) {
			return false
		}
	}
	return true
}

func (p pen) shapes(face font.Face, x, y vg.Length, text string) {
	var buffer sfnt.Buffer
	em := fixed.Int26_6(face.Face.UnitsPerEm())
	unit := face.Font.Size / vg.Length(em)
	for _, r := range text {
		glyph, err := face.Face.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		segments, err := face.Face.LoadGlyph(&buffer, glyph, em, nil)
		if err != nil {
			continue
		}
		at := func(q fixed.Point26_6) vg.Point {
			return vg.Point{X: x + unit*vg.Length(q.X), Y: y - unit*vg.Length(q.Y)}
		}
		var path vg.Path
		for _, s := range segments {
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				path.Move(at(s.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(at(s.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(at(s.Args[0]), at(s.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(at(s.Args[0]), at(s.Args[1]), at(s.Args[2]))
			}
		}
		if len(path) > 0 {
			path.Close()
			p.Fill(path)
		}
		if advance, err := face.Face.GlyphAdvance(&buffer, glyph, em, xfont.HintingNone); err == nil {
			x += unit * vg.Length(advance)
		}
	}
}

// shortenAll cuts the labels of ticks to a width.
func (l letters) shortenAll(ticks []tick, width vg.Length) {
	for k := range ticks {
		ticks[k].label = l.shorten(ticks[k].label, width)
	}
}

// shorten cuts text to a width and marks the cut with an ellipsis.
func (l letters) shorten(text string, width vg.Length) string {
	if l.width(text) <= width {
		return text
	}
	const most = 400 // letters: no drawing has room for more
	runes := []rune(text)
	runes = runes[:min(len(runes), most)]
	for len(runes) > 1 && l.width(string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// wrap breaks text into lines of at most the width.
func (l letters) wrap(text string, width vg.Length) []string {
	var lines []string
	line, word := "", ""
	flush := func() {
		switch joined := line + " " + word; {
		case line == "":
			line = word
		case l.width(joined) <= width:
			line = joined
		default:
			lines = append(lines, line)
			line = word
		}
		word = ""
	}
	for _, r := range text {
		if r == ' ' {
			flush()
		} else {
			word += string(r)
		}
	}
	flush()
	return append(lines, line)
}
