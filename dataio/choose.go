package dataio

import (
	"fmt"
	"slices"
	"strings"
)

// takes are the options that mean something to a format.
type takes int

const (
	takesText       takes = 1 << iota // how a text lies: NoHeader, Names, Comment, Decimal, Flags, FillDown
	takesColumns                      // the roles of columns: Index, Value, Wide, MergeLabels
	takesArray                        // Array
	takesGrid                         // FullGrid
	takesDuplicates                   // Duplicates
	takesSheet                        // Sheet
	takesVariables                    // Value, as names of variables
	takesLimits                       // Censored
	takesNone                         // none of these
)

// refuse refuses options that have no effect on a format.
func (k kind) refuse(path string, o Options) error {
	for _, option := range []struct {
		given bool
		flag  string
		needs takes
	}{
		{o.NoHeader, "--no-header", takesText},
		{len(o.Names) > 0, "--names", takesText},
		{o.Comment != "", "--comment", takesText},
		{o.Decimal != "", "--decimal", takesText},
		{o.Flags, "--flags", takesText},
		{o.FillDown, "--fill-down", takesText},
		{len(o.Index) > 0, "--index", takesColumns},
		{o.Value != "", "--value", takesColumns | takesVariables},
		{o.Sheet != "", "--sheet", takesSheet},
		{o.Wide, "--wide", takesColumns},
		{o.MergeLabels, "--merge-labels", takesColumns},
		{o.Dates != "", "--dates", takesColumns},
		{o.Array != "", "--array", takesArray},
		{o.Censored, "--censored", takesLimits},
		{o.FullGrid, "--full-grid", takesGrid},
		{len(o.Predict) > 0, "--predict", takesGrid},
		{o.Duplicates != RefuseDuplicates, "--duplicates", takesDuplicates},
	} {
		if option.given && k.takes != 0 && k.takes&option.needs == 0 {
			return &Error{
				Path: path, Problem: fmt.Sprintf("%s has no effect on a file in the format %s", option.flag, k.format),
				Remedy: "leave it out",
			}
		}
	}
	return nil
}

// chosen is the format that the options name, as files of it end.
func chosen(path, name string) (kind, error) {
	var names []string
	for _, k := range kinds {
		if strings.EqualFold("."+strings.TrimPrefix(name, "."), k.ending) && k.detect != nil {
			return k, nil
		}
		names = append(names, strings.TrimPrefix(k.ending, "."))
	}
	if strings.EqualFold(name, "tsv") || strings.EqualFold(name, "txt") {
		return kinds[LongCSV], nil
	}
	slices.Sort(names)
	return kind{}, &Error{
		Path: path, Problem: fmt.Sprintf("there is no format %q", shorten(name)),
		Remedy: "give --format one of " + list(slices.Compact(names)),
	}
}
