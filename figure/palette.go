package figure

import (
	"image/color"
	"math"
)

// Colour is red, green, blue as 0xRRGGBB; 0 is black.
type Colour uint32

// The colours of Okabe and Ito, which readers with any kind of colour vision can tell apart, and greys.
const (
	Black  Colour = 0x000000
	Orange Colour = 0xE69F00
	Sky    Colour = 0x56B4E9
	Green  Colour = 0x009E73
	Blue   Colour = 0x0072B2
	Red    Colour = 0xC8202A // deeper than their vermilion, so that it stays apart from the orange
	Purple Colour = 0xCC79A7
	Grey   Colour = 0xB4B4B4
	Dim    Colour = 0x666666
	White  Colour = 0xFFFFFF
)

// distinct is the order in which curves take colours. Red is kept for the loss; their yellow is too faint on paper.
var distinct = [...]Colour{Blue, Orange, Green, Purple, Sky, Black}

// Distinct returns n colours that stay apart: Okabe and Ito's for a few, and a walk through viridis for many.
func Distinct(n int) []Colour {
	colours := make([]Colour, n)
	for i := range colours {
		if n <= len(distinct) {
			colours[i] = distinct[i]
		} else {
			colours[i] = Viridis.At(0.92 * float64(i) / float64(n-1))
		}
	}
	return colours
}

func (c Colour) rgba(opacity float64) color.NRGBA {
	return color.NRGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: uint8(math.Round(255 * opacity))}
}

// dark reports whether white letters read better than black ones on the colour.
func (c Colour) dark() bool {
	return 0.299*float64(c>>16&255)+0.587*float64(c>>8&255)+0.114*float64(c&255) < 140
}

// ColourMap is a sequence of colours from low to high. Their lightness grows evenly, so that they also read in grey.
type ColourMap int

// The colour maps.
const (
	Viridis  ColourMap = iota
	Cividis            // blue to yellow
	Greenish           // viridis from green to purple, the order of the paper's Figure 4
)

var anchors = map[ColourMap][]Colour{
	Viridis: {
		0x440154, 0x482475, 0x414487, 0x355F8D, 0x2A788E, 0x21918C, 0x22A884, 0x44BF70, 0x7AD151, 0xBDDF26, 0xFDE725,
	},
	Cividis: {
		0x00224E, 0x123570, 0x3B496C, 0x575D6D, 0x707173, 0x8A8678, 0xA59C74, 0xC3B369, 0xE1CC55, 0xFEE838,
	},
	Greenish: {0x7AD151, 0x44BF70, 0x22A884, 0x21918C, 0x2A788E, 0x355F8D, 0x414487, 0x482475, 0x440154},
}

// At returns the colour at x, 0 ≤ x ≤ 1.
func (m ColourMap) At(x float64) Colour {
	stops := anchors[m]
	x = math.Min(math.Max(x, 0), 1) * float64(len(stops)-1)
	i := min(int(x), len(stops)-2)
	t := x - float64(i)
	mix := func(shift uint) Colour {
		a, b := float64(stops[i]>>shift&255), float64(stops[i+1]>>shift&255)
		return Colour(math.Round(a+t*(b-a))) << shift
	}
	return mix(16) | mix(8) | mix(0)
}
