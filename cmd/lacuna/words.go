package main

import "lacuna/internal/summary"

// The words that every command spells alike.
var (
	count      = summary.Count
	grouped    = summary.Grouped
	shapeWords = summary.Shape
	short      = summary.Short
	percent    = summary.Percent
)

type number = summary.Number
