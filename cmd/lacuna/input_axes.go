package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"lacuna/dataio"
)

// registerPeriods adds the flags about ordered modes that mean something where gaps are filled.
func (f *inputFlags) registerPeriods(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.Period, "period", nil,
		"after what an ordered mode may repeat, as MODE=12, in its unit (default: the calendar's)")
	flags.StringArrayVar(&f.Predict, "predict", nil,
		"fill also labels that the file does not name, as MODE=FROM..TO or MODE=FROM..TO:STEP")
}

// cutLast cuts MODE=VALUE where the value begins: a mode is called as its column is, and may have signs in its name.
func cutLast(text string) (mode, value string) {
	if at := strings.LastIndexByte(text, '='); at >= 0 {
		return text[:at], text[at+1:]
	}
	return text, ""
}

// axes reads --order, --period and --predict.
func (f *inputFlags) axes() (map[string]dataio.Order, map[string][]float64, []dataio.Prediction, error) {
	orders, periods := map[string]dataio.Order{}, map[string][]float64{}
	var predictions []dataio.Prediction
	for _, text := range f.Order {
		mode, name := cutLast(text)
		order, err := dataio.ParseOrder(name)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("--order %s: %w, as in --order month=coordinate", text, err)
		}
		if _, twice := orders[mode]; twice {
			return nil, nil, nil, fmt.Errorf("--order %s: mode %s is named twice", text, mode)
		}
		orders[mode] = order
	}
	for _, text := range f.Period {
		mode, length := cutLast(text)
		period, err := strconv.ParseFloat(length, 64)
		if err != nil || !(period > 0) || math.IsInf(period, 0) {
			return nil, nil, nil, fmt.Errorf("--period %s: give a mode and a number above 0, as in --period month=12", text)
		}
		periods[mode] = append(periods[mode], period)
	}
	for _, text := range f.Predict {
		p, err := dataio.ParsePrediction(text)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("--predict %w", err)
		}
		predictions = append(predictions, p)
	}
	return orders, periods, predictions, nil
}
