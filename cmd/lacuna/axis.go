package main

import (
	"strings"

	"lacuna/dataio"
)

// axisInfo is what JSON says of the labels of a mode. docs/cli.md describes every field.
type axisInfo struct {
	Order   string   `json:"order"` // coordinate, appearance or none
	Kind    string   `json:"kind,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	Step    number   `json:"step,omitempty"`
	Missing int      `json:"missing_steps"`
	Steps   []string `json:"missing,omitempty"` // the first of them
	Periods []number `json:"periods,omitempty"`
	Added   int      `json:"added_labels"`

	text string
}

func newAxisInfo(a *dataio.Axis) axisInfo {
	const most, inText = 1000, 3
	info := axisInfo{
		Order: string(a.Order), Kind: a.Kind, Unit: a.Unit, Step: number(a.Step), Missing: a.Missing,
		Steps: a.MissingSteps(most), Added: a.Added, text: a.Describe(inText),
	}
	if info.Order == "" {
		info.Order = string(dataio.NoOrder)
	}
	for _, period := range a.Periods {
		info.Periods = append(info.Periods, number(period))
	}
	return info
}

// periodWords names the periods of an axis.
func periodWords(a *dataio.Axis) string {
	if len(a.Periods) == 0 {
		return ""
	}
	var words []string
	for _, period := range a.Periods {
		words = append(words, strings.TrimSpace(short(period)+" "+a.Unit))
	}
	return ", may repeat after " + strings.Join(words, ", ")
}
