package session

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"lacuna"
)

// birds is a table of counts with gaps.
func birds() []byte {
	var text strings.Builder
	text.WriteString("site,day,birds\n")
	for site := range 12 {
		for day := range 12 {
			value := strconv.Itoa((site*day + site + day) % 7)
			if (5*site+day)%6 == 0 {
				value = ""
			}
			fmt.Fprintf(&text, "s%d,d%d,%s\n", site, day, value)
		}
	}
	return []byte(text.String())
}

// TestFilledValuesArePossible fills counts: the page writes what the command writes, whole numbers that are not negative.
func TestFilledValuesArePossible(t *testing.T) {
	var s Session
	if _, err := s.Open("birds.csv", birds(), Reading{}); err != nil {
		t.Fatal(err)
	}
	filled, err := s.Fill(context.Background(), Work{Seed: 1, Effort: 0.01, Level: 90}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(filled.Table))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != "site,day,birds,lacuna_filled,lacuna_stderr,lacuna_low,lacuna_high" {
		t.Fatalf("columns %s", got)
	}
	gaps := 0
	for _, row := range rows[1:] {
		if row[3] != "1" {
			continue
		}
		gaps++
		for _, column := range []int{2, 5, 6} {
			if y, err := strconv.ParseFloat(row[column], 64); err != nil || y < 0 || y != math.Floor(y) {
				t.Errorf("%v: %s is %q", row[:2], rows[0][column], row[column])
			}
		}
	}
	if gaps == 0 {
		t.Error("nothing was filled")
	}
}

func TestWorkIsDoneAsItWasAskedFor(t *testing.T) {
	var s Session
	if _, err := s.Open("birds.csv", birds(), Reading{}); err != nil {
		t.Fatal(err)
	}
	filled, err := s.Fill(context.Background(), Work{Seed: 1, Effort: 0.01, Noise: lacuna.NoiseGaussian, Nonnegative: true}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := filled.Result.Settings; r.Noise != "gaussian" || !r.Nonnegative {
		t.Errorf("settings %+v", r)
	}
	for want, w := range map[string]Work{
		"cauchy": {Effort: 0.01, Noise: "cauchy"}, "Nonnegative is for": {Effort: 0.01, Noise: lacuna.NoiseCounts, Nonnegative: true},
	} {
		if _, err := s.Fill(context.Background(), w, 1, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v gives %v", w, err)
		}
	}
	opened, err := s.Open("birds.csv", birds(), Reading{Censored: true})
	if err != nil || !strings.Contains(strings.Join(opened.Warnings, "\n"), "--censored") {
		t.Errorf("limits in a table without any give %+v and %v", opened, err)
	}
	if _, err := s.Open("birds.csv", birds(), Reading{Sheet: "one"}); err == nil || !strings.Contains(err.Error(), "--sheet") {
		t.Errorf("a sheet of a CSV file gives %v", err)
	}
}

// TestLimitsOfDetection fills values that are said to lie below a limit, as the command does with --censored.
func TestLimitsOfDetection(t *testing.T) {
	text := strings.NewReplacer(",0\n", ",<1\n").Replace(string(birds()))
	var s Session
	if _, err := s.Open("birds.csv", []byte(text), Reading{}); err == nil || !strings.Contains(err.Error(), "--censored") {
		t.Fatalf("limits that nobody spoke of give %v", err)
	}
	opened, err := s.Open("birds.csv", []byte(text), Reading{Censored: true})
	if err != nil {
		t.Fatal(err)
	}
	filled, err := s.Fill(context.Background(), Work{Seed: 1, Effort: 0.01}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if opened.Gaps != filled.Result.Filled || opened.Observed+opened.Gaps+filled.Result.Censored != 12*12 {
		t.Errorf("%d known and %d gaps were read, %d gaps and %d values between limits filled", opened.Observed, opened.Gaps,
			filled.Result.Filled, filled.Result.Censored)
	}
	if filled.Result.Censored == 0 || !strings.Contains(filled.Text, "between limits") {
		t.Errorf("%d values are censored; the page says %q", filled.Result.Censored, filled.Text)
	}
	between := fmt.Sprintf("<b>%d</b><span>values filled between limits", filled.Result.Censored)
	if page := string(filled.Report); !strings.Contains(page, between) ||
		!strings.Contains(page, fmt.Sprintf("<b>%d</b><span>gaps filled", filled.Result.Filled)) {
		t.Errorf("the report does not tell %d gaps from %d values between limits", filled.Result.Filled, filled.Result.Censored)
	}
	rows, err := csv.NewReader(strings.NewReader(string(filled.Table))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != "site,day,birds,lacuna_filled,lacuna_stderr,lacuna_above,lacuna_below" {
		t.Fatalf("columns %s", got)
	}
	limited := 0
	for _, row := range rows[1:] {
		if row[6] == "" {
			continue
		}
		limited++
		if y, err := strconv.ParseFloat(row[2], 64); err != nil || y < 0 || y > 1 {
			t.Errorf("%v: below 1 lies %q", row[:2], row[2])
		}
	}
	if limited != filled.Result.Censored {
		t.Errorf("%d rows have limits, %d values are censored", limited, filled.Result.Censored)
	}
}
