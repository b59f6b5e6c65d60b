package dataset

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna/dataio"
)

// sharedData is a file of the development data beside the repository.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not there: the development data is not part of the repository", path)
	}
	return path
}

// trapped has every trap of the real files: eight header lines, flags, ---, short rows, words behind the values, a
// closing line, and no line feed at the end.
const trapped = `Somewhere / Elsewhere (from 2000)
Location until Dec 1999 490400E 511400N 60m amsl
& from 2000 489100E 510400N, Lat 54.481 Lon -0.624 41m amsl
Estimated data is marked with a * after the value.
Missing data (more than 2 days missing in month) is marked by  ---.
Sunshine data taken from an automatic Kipp & Zonen sensor marked with a #, ` +
	`otherwise sunshine data taken from a Campbell Stokes recorder.
   yyyy  mm   tmax    tmin      af    rain     sun
              degC    degC    days      mm   hours
   1999  11   18.6    10.0       0    26.9
   1999  12    7.7*   -2.7*      8*   96.5*   ---
   2000   1    8.5     3.5     ---    72.4    36.5#  Provisional
   2000   2    8.5     3.5       7    72.4    36.5$  Provisional
   2000   3    ---*    3.5       7    72.4  202.6# *
   2000   4   -1.5     3.5       7    72.4  152.0Change to Elsewhere Ave 7
   2000   5  Provisional

Site Closed`

func TestParseStationTraps(t *testing.T) {
	for _, text := range []string{
		trapped, strings.ReplaceAll(trapped, "\n", "\r\n"),
		strings.Replace(trapped, "& from", "", 1),
	} {
		s, err := ParseStation("somewhere", "somewheredata.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		nan := math.NaN()
		want := map[Month][variables]float64{
			{1999, 11}: {18.6, 10, 0, 26.9, nan},
			{1999, 12}: {7.7, -2.7, 8, 96.5, nan},
			{2000, 1}:  {8.5, 3.5, nan, 72.4, 36.5},
			{2000, 2}:  {8.5, 3.5, 7, 72.4, 36.5},
			{2000, 3}:  {nan, 3.5, 7, 72.4, 202.6},
			{2000, 4}:  {-1.5, 3.5, 7, 72.4, 152},
			{2000, 5}:  {nan, nan, nan, nan, nan},
		}
		if fmt.Sprint(s.Records) != fmt.Sprint(want) {
			t.Errorf("records %v, want %v", s.Records, want)
		}
		if s.Title != "Somewhere / Elsewhere (from 2000)" {
			t.Errorf("title %q", s.Title)
		}
	}
}

func TestParseStationSevenHeaderLines(t *testing.T) {
	lines := strings.Split(trapped, "\n")
	seven := strings.Join(append(lines[:1:1], lines[2:]...), "\n")
	s, err := ParseStation("somewhere", "f", []byte(seven))
	if err != nil || len(s.Records) != 7 {
		t.Errorf("%d months (%v), want 7", len(s.Records), err)
	}
}

func TestParseStationErrors(t *testing.T) {
	change := func(from, to string) string {
		if !strings.Contains(trapped, from) {
			t.Fatalf("the test's file does not hold %q", from)
		}
		return strings.Replace(trapped, from, to, 1)
	}
	for name, test := range map[string]struct{ text, want string }{
		"empty":          {"", "no line that begins with yyyy mm"},
		"web page":       {"<html><body>404</body></html>", "no line that begins with yyyy mm"},
		"no month":       {strings.Join(strings.Split(trapped, "\n")[:8], "\n"), "no month"},
		"bad number":     {change("26.9", "26,9"), `f:9: column "rain": "26,9" is no number`},
		"infinite":       {change("26.9", "1e999"), `f:9: column "rain": "1e999" is no number`},
		"bad month":      {change("1999  12", "1999  13"), `f:10: column "mm": "13" is no month`},
		"twice":          {change("1999  12", "1999  11"), `f:10: "1999-11" is listed twice`},
		"too many":       {change("202.6#", "202.6# 7.5"), `f:13: "7.5" is one value too many`},
		"other columns":  {change("rain", "snow"), `f:7: "snow" is no variable`},
		"damaged line":   {change("   2000   4", "   20x0   4"), `f:14: column "yyyy": "20x0" is no year`},
		"cut off":        {change("   2000   5  Provisional\n", "   2000\n"), "f:15: column \"mm\": the month is missing"},
		"after the end":  {trapped + "\n 2001 1 1 1 1 1 1", `is no year`},
		"other language": {change("yyyy  mm", "jjjj  mm"), "no line that begins with yyyy mm"},
	} {
		_, err := ParseStation("s", "f", []byte(test.text))
		if e := new(dataio.Error); !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, test.want)
		}
	}
}

// TestRealFragments counts what the fragments hold by a rule of its own: a value is a field in a data line that
// begins with a digit or a minus and a digit.
func TestRealFragments(t *testing.T) {
	folder := sharedData(t, "stations")
	files, err := filepath.Glob(filepath.Join(folder, "*data.txt"))
	if err != nil || len(files) != 7 {
		t.Fatalf("%d files (%v), 7 are expected", len(files), err)
	}
	var stations []*Station
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), "data.txt")
		s, err := ParseStation(name, path, data)
		if err != nil {
			t.Error(err)
			continue
		}
		stations = append(stations, s)
		months, values := 0, 0
		_, body, _ := strings.Cut(string(data), "yyyy")
		for line := range strings.Lines(body) {
			fields := strings.Fields(line)
			if len(fields) < 3 || len(fields[0]) != 4 || fields[0][0] < '0' || fields[0][0] > '9' {
				continue
			}
			months++
			for _, field := range fields[2:] {
				if digit := strings.TrimPrefix(field, "-")[0]; digit >= '0' && digit <= '9' {
					values++
				}
			}
		}
		got := 0
		for _, record := range s.Records {
			for _, v := range record {
				if !math.IsNaN(v) {
					got++
				}
			}
		}
		if len(s.Records) != months || got != values {
			t.Errorf("%s: %d months and %d values, want %d and %d", name, len(s.Records), got, months, values)
		}
	}
	if _, err := StationTensor(stations, meteoUKFirst, meteoUKMonths); err == nil {
		t.Error("cambridge has no value before 2001: an error is wanted")
	}
}

// TestFragmentsAgreeWithTable compares the stations of which there is a fragment with the table made from the whole
// files.
func TestFragmentsAgreeWithTable(t *testing.T) {
	table, err := Load(sharedData(t, "meteo_uk.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckMeteoUK(table); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"heathrow", "oxford"} {
		path := sharedData(t, "stations/"+name+"data.txt")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ParseStation(name, path, data)
		if err != nil {
			t.Fatal(err)
		}
		compared := 0
		for c, want := range table.Values {
			label := func(n int) string { return table.Modes[n].Labels[table.Index[n][c]] }
			if label(1) != name {
				continue
			}
			var month Month
			fmt.Sscanf(label(0), "%d-%d", &month.Year, &month.Month)
			if record, ok := s.Records[month]; ok {
				compared++
				if got := record[table.Index[2][c]]; got != want {
					t.Errorf("%s %s %s: %v, the table has %v", name, label(0), label(2), got, want)
				}
			}
		}
		if compared == 0 {
			t.Logf("%s: the fragment has none of the months", name)
		}
	}
}

func TestStationTensor(t *testing.T) {
	s, err := ParseStation("somewhere", "f", []byte(trapped))
	if err != nil {
		t.Fatal(err)
	}
	other := &Station{Name: "other", Records: map[Month][variables]float64{{2000, 1}: {1, 2, 3, 4, 5}}}
	o, err := StationTensor([]*Station{s, other}, Month{1999, 12}, 3)
	if err != nil {
		t.Fatal(err)
	}
	want := "[1999-12 2000-01 2000-02] [somewhere other] " +
		"[7.7 -2.7 8 96.5 8.5 3.5 72.4 36.5 1 2 3 4 5 8.5 3.5 7 72.4 36.5]"
	if got := fmt.Sprint(o.Modes[0].Labels, o.Modes[1].Labels, o.Values); got != want {
		t.Errorf("tensor %s", got)
	}
}

func FuzzParseStation(f *testing.F) {
	f.Add([]byte(trapped))
	f.Add([]byte("yyyy mm tmax\n1999 1 *\n1999 2 -"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseStation("s", "f", data)
		if err != nil {
			if e := new(dataio.Error); !errors.As(err, &e) {
				t.Errorf("%v is no *dataio.Error", err)
			}
			return
		}
		for month, record := range s.Records {
			for _, v := range record {
				if math.IsInf(v, 0) {
					t.Errorf("%v holds %v", month, record)
				}
			}
		}
	})
}
