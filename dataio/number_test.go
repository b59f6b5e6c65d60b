package dataio

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lacuna/internal/rng"
)

// TestPlainNumbersAreExact compares the short cut for plain numbers with the standard library, bit for bit.
func TestPlainNumbersAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[-+]?\d{0,12}\.?\d{0,12}`).Draw(t, "text")
		value, point, ok := plainNumber([]byte(text))
		want, err := strconv.ParseFloat(text, 64)
		if ok && (err != nil || math.Float64bits(value) != math.Float64bits(want) || point != strings.IndexByte(text, '.')) {
			t.Fatalf("%q is %v at %d, want %v (%v)", text, value, point, want, err)
		}
		if !ok && err == nil && len(text) < 15 {
			t.Fatalf("%q is left out", text)
		}
	})
}

func TestNumbers(t *testing.T) {
	for _, test := range []struct {
		text     string
		mayComma bool
		decimal  byte
		flags    bool
		want     float64 // NaN for a gap
		problem  string
	}{
		{text: "7.5", want: 7.5},
		{text: "-0012.50", want: -12.5},
		{text: "1e-3", want: 0.001},
		{text: "7,5", mayComma: true, want: 7.5},
		{text: "7,5", want: 7.5}, // in quotes, among commas
		{text: "1,234,567", want: 1234567},
		{text: "1,234.5", want: 1234.5},
		{text: "1.234,5", mayComma: true, want: 1234.5},
		{text: "1.234.567", problem: notANumber},
		{text: "1.234.567", mayComma: true, decimal: ',', want: 1234567},
		{text: "1,234", mayComma: true, want: 1.234},
		{text: "1,234", want: 1234},
		{text: "1,234", mayComma: true, decimal: '.', want: 1234},
		{text: "1.234", mayComma: true, decimal: ',', want: 1234},
		{text: "1.5", mayComma: true, decimal: ',', problem: notANumber},
		{text: "1 234 567", want: 1234567},
		{text: "1\u00A0234,5", mayComma: true, want: 1234.5},
		{text: "1'234.5", want: 1234.5},
		{text: "1 2", problem: notANumber},
		{text: "\u22125", want: -5},
		{text: "12,34,567", problem: notANumber},
		{text: "5.5 b", problem: withFlag},
		{text: "5.5 b", flags: true, want: 5.5},
		{text: "12.3*", flags: true, want: 12.3},
		{text: "45%", flags: true, want: 45},
		{text: "7.e", flags: true, want: 7},
		{text: ": c", flags: true, want: math.NaN()},
		{text: ": c", problem: withFlag},
		{text: "---*", flags: true, want: math.NaN()},
		{text: "12.3-", flags: true, problem: signBehind},
		{text: "1.234,50- €", mayComma: true, flags: true, problem: signBehind},
		{text: "(12.3)", flags: true, problem: signBehind},
		{text: "($1,234.50)", problem: signBehind},
		{text: "(b)", flags: true, problem: notANumber},
		{text: "12:30", flags: true, problem: notANumber},
		{text: "<0.5", flags: true, problem: notANumber},
		{text: "2020-01-01", flags: true, problem: notANumber},
		{text: "b 5", flags: true, problem: notANumber},
		{text: "word", flags: true, problem: notANumber},
		{text: "0x1p3", problem: notANumber},
		{text: "1_000", problem: notANumber},
		{text: "Inf", problem: notFinite},
		{text: "1e151", problem: tooLarge},
	} {
		n := newNumbers(nil, test.mayComma)
		n.decimal, n.flags = test.decimal, test.flags
		value, gap, problem := n.parse([]byte(test.text))
		if problem != test.problem || problem == "" && (gap != math.IsNaN(test.want) || !gap && value != test.want) {
			t.Errorf("%q is %v, gap %v, problem %q; want %v, problem %q", test.text, value, gap, problem, test.want, test.problem)
		}
	}
	for _, gap := range []string{
		"", "NA", "nan", "Null", "-", "#N/A", "N/A", "None", ".", "..", ":", "?", "<NA>", "NaT", "n.d.", "-nan", "---", "***",
		"#NV", "1.#QNAN", "Not Available",
	} {
		if _, isGap, problem := newNumbers(nil, false).parse([]byte(gap)); !isGap || problem != "" {
			t.Errorf("%q is no gap: %s", gap, problem)
		}
	}
}

func TestNumbersInTwoWays(t *testing.T) {
	for _, test := range []struct {
		numbers string // of a column, separated by spaces
		comma   bool
		want    string // what the doubt says; "" for none
	}{
		{"1,234 5,678", true, "can be read as 1.234 and as 1234"},
		{"1,234 5,678", false, "can be read as 1.234 and as 1234"},
		{"1,234 5,6", true, ""},
		{"1,234 5,6", false, "the comma of \"5,6\" is a decimal one"},
		{"1,234 1,234,567", true, "the commas of \"1,234,567\" stand between thousands"},
		{"1,234 1,234,567", false, ""},
		{"5,6 1.234", true, "can be read as 1.234 and as 1234"},
		{"5,6 1.234 7.25", true, ""},
		{"5.6 1.234", true, ""},
		{"1,234.5 7,5", true, "has commas between thousands"},
	} {
		n := newNumbers(nil, test.comma)
		for _, text := range strings.Fields(test.numbers) {
			if _, _, problem := n.parse([]byte(text)); problem != "" {
				t.Errorf("%s: %q %s", test.numbers, text, problem)
			}
		}
		doubts := n.doubts("t.csv", "v")
		if test.want == "" && len(doubts) > 0 || test.want != "" &&
			(len(doubts) != 1 || !strings.Contains(doubts[0].Error(), test.want)) {
			t.Errorf("%s: doubts %v, want %q", test.numbers, doubts, test.want)
		}
	}
}

// TestShortNumbersAreThoseOfTheStandardLibrary compares all at once with one byte after the other, of texts that are numbers,
// nearly numbers and no numbers.
func TestShortNumbersAreThoseOfTheStandardLibrary(t *testing.T) {
	s := rng.New(1, "short numbers")
	const alphabet = "0123456789.-+/:e, 09"
	numbers := 0
	for range 400_000 {
		text := make([]byte, 1+s.IntN(9), 32)
		for k := range text {
			text[k] = alphabet[s.IntN(len(alphabet))]
			if s.IntN(4) > 0 {
				text[k] = byte('0' + s.IntN(10))
			}
		}
		if s.IntN(2) == 0 {
			text[s.IntN(len(text))] = '.'
		}
		for k := range text[len(text):cap(text)] { // what follows is no part of it
			text[:cap(text)][len(text)+k] = alphabet[s.IntN(len(alphabet))]
		}
		value, point, ok, short := shortNumber(text)
		if !short {
			continue
		}
		wantValue, wantPoint, want := numberByBytes(text)
		if ok != want || point != wantPoint || math.Float64bits(value) != math.Float64bits(wantValue) {
			t.Fatalf("%q: %v, %d, %v; want %v, %d, %v", text, value, point, ok, wantValue, wantPoint, want)
		}
		if ok {
			numbers++
			if exact, err := strconv.ParseFloat(string(text), 64); err != nil || math.Float64bits(exact) != math.Float64bits(value) {
				t.Fatalf("%q: %v, want %v (%v)", text, value, exact, err)
			}
		}
	}
	if numbers < 100_000 {
		t.Errorf("%d numbers among the texts: this does not test what it should", numbers)
	}
}
