package dataio

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// told tells a table in short: its modes, values, gaps and carried columns.
func told(t *Table) string {
	var modes []string
	for _, mode := range t.Observed().Modes {
		modes = append(modes, mode.Name+" "+strings.Join(mode.Labels, " "))
	}
	return fmt.Sprintf("%s | %v | %d gaps | %s", strings.Join(modes, ", "), t.Observed().Values, t.Gaps(),
		strings.Join(t.Reading.Carried, ","))
}

// TestForms reads one table in many forms.
func TestForms(t *testing.T) {
	const want = "town a b, year 2001 2002 | [1.5 2.5 3.5] | 1 gaps | "
	for _, test := range []struct {
		name, text string
		options    Options
		carried    string
	}{
		{name: "commas", text: "town,year,v\na,2001,1.5\na,2002,2.5\nb,2001,3.5\nb,2002,\n"},
		{name: "bars", text: "town|year|v\na|2001|1.5\na|2002|2.5\nb|2001|3.5\nb|2002|NA"},
		{
			name: "Markdown", carried: "column 1",
			text: "| town | year | v |\n|---|---|---|\n| a | 2001 | 1.5 |\n| a | 2002 | 2.5 |\n| b | 2001 | 3.5 |\n| b | 2002 | |\n",
		},
		{
			name: "spaces",
			text: "  town  year    v\n     a  2001  1.5\n     a  2002  2.5\n \"b\"  2001  3.5\r\n     b  2002  ---  \n",
		},
		{name: "tabs and decimal commas", text: "town\tyear\tv\na\t2001\t1,5\na\t2002\t2,5\nb\t2001\t3,5\nb\t2002\t.\n"},
		{name: "spaces and decimal commas", text: "town year v\na 2001 1,5\na 2002 2,5\nb 2001 3,5\nb 2002 ?\n"},
		{name: "a hint", text: "sep=|\ntown|year|v\na|2001|1.5\na|2002|2.5\nb|2001|3.5\nb|2002|\n"},
		{name: "double colons", text: "town::year::v\na::2001::1.5\na::2002::2.5\nb::2001::3.5\nb::2002::NA\n"},
		{
			name: "lines above and below",
			text: "A title\nfrom a book, 1999\n\ntown,year,v\na,2001,1.5\na,2002,2.5\nb,2001,3.5\nb,2002,\n\n" +
				"Source: a book, page 3\n",
		},
		{
			name: "a count below", text: " town | year | v \n------+------+---\n a | 2001 | 1.5\n a | 2002 | 2.5\n" +
				" b | 2001 | 3.5\n b | 2002 |\n(4 rows)\n",
		},
		{name: "comments", text: "# a title\n# of two lines\ntown,year,v\na,2001,1.5\n# more\na,2002,2.5\nb,2001,3.5\nb,2002,\n"},
		{
			name: "comments as said", options: Options{Comment: "!"},
			text: "town,year,v\na,2001,1.5\n! more\na,2002,2.5\nb,2001,3.5\nb,2002,\n",
		},
		{name: "a header in a comment", text: "# by hand\n# town year v\na 2001 1.5\na 2002 2.5\nb 2001 3.5\nb 2002 nan\n"},
		{
			name: "no header", options: Options{NoHeader: true, Index: []string{"1", "2"}, Value: "3"},
			text: "a,2001,1.5\na,2002,2.5\nb,2001,3.5\nb,2002,\n",
		},
		{
			name: "names", options: Options{Names: []string{"town", "year", "v"}},
			text: "a;2001;1,5\na;2002;2,5\nb;2001;3,5\nb;2002;\n",
		},
		{name: "separators at the end", text: "town,year,v,,\na,2001,1.5,,\na,2002,2.5,,\nb,2001,3.5,,\nb,2002,,,\n,,,,\n,,,,\n"},
		{name: "separators at the end of rows alone", text: "town,year,v\na,2001,1.5,\na,2002,2.5,\nb,2001,3.5,\nb,2002,,\n"},
		{
			name: "row names", carried: "column 1",
			text: "\"town\" \"year\" \"v\"\n\"1\" \"a\" 2001 1.5\n\"2\" \"a\" 2002 2.5\n\"3\" \"b\" 2001 3.5\n\"4\" \"b\" 2002 NA\n",
		},
		{name: "row numbers", carried: "column 1", text: ",town,year,v\n0,a,2001,1.5\n1,a,2002,2.5\n2,b,2001,3.5\n3,b,2002,\n"},
		{name: "years across", text: "town,2001,2002\na,1.5,2.5\nb,3.5,\n"},
		{name: "years across, a code beside", carried: "code", text: "town,code,2001,2002\na,AA,1.5,2.5\nb,BB,3.5,..\n"},
		{name: "flags", options: Options{Flags: true}, text: "town,year,v\na,2001,1.5 b\na,2002,2.5*\nb,2001,3.5\nb,2002,: c\n"},
		{
			name: "labels that are spelt alike", options: Options{MergeLabels: true},
			text: "town,year,v\na,2001,1.5\n A ,2002,2.5\nb,02001,3.5\nB,2002,\n",
		},
		{
			name: "a single label", options: Options{DropSingle: true}, carried: "what",
			text: "what,town,year,v\nq,a,2001,1.5\nq,a,2002,2.5\nq,b,2001,3.5\nq,b,2002,\n",
		},
	} {
		table, err := Read(save(t, "t.txt", test.text), test.options)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		got := told(table)
		got = strings.NewReplacer("1 a b, 2 2001", "town a b, year 2001", "a b, column 2001", "a b, year 2001").Replace(got)
		if d := cmp.Diff(want+test.carried, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, d)
		}
		checkRewritten(t, test.name, table, test.text)
	}
}

// TestColumnsThatCount makes one mode of columns called Day 1, Day 2 and so on, in their order.
func TestColumnsThatCount(t *testing.T) {
	for names, want := range map[string]string{
		"Day 1,Day 2,Day 3,Day 5":         "day Day 1 Day 2 Day 3 Day 5",
		"Day 1,Day 10,Day 2,Day 3":        "day Day 1 Day 2 Day 3 Day 10",
		"wk_1,wk_2,wk_3,wk_4":             "week wk_1 wk_2 wk_3 wk_4",
		"Visit 1,Visit 2":                 "visit Visit 1 Visit 2",
		"week_1,week_2,week_3":            "week week_1 week_2 week_3",
		"2023年1月,2023年2月,2023年11月":        "date 2023年1月 2023年2月 2023年11月",
		"2023년 1월,2023년 2월":               "date 2023년 1월 2023년 2월",
		"2020-S1,2020-S2,2021-S1,2021-S2": "date 2020-S1 2020-S2 2021-S1 2021-S2",
	} {
		text := "who," + names + "\n"
		for k := range 9 {
			values := []string{[]string{"0.5", "", "4.5"}[k%3], fmt.Sprintf("%d.25", 2*k), fmt.Sprintf("%d.5", k), fmt.Sprintf("%d.75", 3*k%5)}
			text += fmt.Sprintf("p%d,%s\n", k, strings.Join(values[:1+strings.Count(names, ",")], ","))
		}
		table, err := Read(save(t, "t.csv", text), Options{})
		if err != nil {
			t.Errorf("%s: %v", names, err)
			continue
		}
		mode := table.Observed().Modes[1]
		if got := mode.Name + " " + strings.Join(mode.Labels, " "); got != want {
			t.Errorf("%s: mode %q, want %q", names, got, want)
		}
	}
}

// checkRewritten fills a table, takes away what filling adds, and compares the text with the one that was read: but for the
// gap it is the same.
func checkRewritten(t *testing.T, name string, table *Table, before string) {
	t.Helper()
	var out bytes.Buffer
	if err := table.WriteTo(&out, func([]int32) Filled { return Filled{Value: 8.125, Stderr: 0.25} }); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	was, is := strings.Split(before, "\n"), strings.Split(out.String(), "\n")
	if len(was) != len(is) {
		t.Errorf("%s: %d lines became %d:\n%s", name, len(was), len(is), out.String())
		return
	}
	filled := 0
	for k := range was {
		was := strings.TrimRight(was[k], "\r ")
		if strings.Contains(is[k], "8.125") || strings.Contains(is[k], "8,125") {
			filled++
		} else if !strings.HasPrefix(is[k], was) {
			t.Errorf("%s: line %d: %q became %q", name, k+1, was, is[k])
		}
	}
	if filled != 1 {
		t.Errorf("%s: %d lines were filled:\n%s", name, filled, out.String())
	}
}

func TestEncodings(t *testing.T) {
	text := "town;year;v\nTromsø;2001;1,5\nTromsø;2002;\nOdense – Ærø;2001;3,5\nOdense – Ærø;2002;\"€\"\n"
	latin := strings.NewReplacer("ø", "\xf8", "Æ", "\xc6", "–", "\x96", "€", "\x80").Replace(text)
	wide := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	for name, data := range map[string][]byte{utf8Text: []byte(text), latin1Text: []byte(latin), utf16Text: wide} {
		path := save(t, "t.csv", string(data))
		table := mustRead(t, path, Options{Missing: []string{"€"}})
		if got := told(table); got != "town Tromsø Odense – Ærø, year 2001 2002 | [1.5 3.5] | 2 gaps | " ||
			table.Reading.Encoding != name {
			t.Errorf("%s: read %s in %s", name, got, table.Reading.Encoding)
		}
		out := filepath.Join(t.TempDir(), "out.csv")
		if err := table.Write(out, byCoordinates); err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		decoded, code := decode(after)
		want := "town;year;v;lacuna_filled;lacuna_stderr\nTromsø;2001;1,5;0;\nTromsø;2002;51;1;0,25\n" +
			"Odense – Ærø;2001;3,5;0;\nOdense – Ærø;2002;61;1;0,25\n"
		if got := strings.TrimPrefix(string(decoded), "\uFEFF"); got != want || code.name != name {
			t.Errorf("%s: wrote %q in %s", name, got, code.name)
		}
	}
}

// TestATruncatedFileIsNoFooter: what is below a table is words, never the rest of a row.
func TestATruncatedFileIsNoFooter(t *testing.T) {
	for _, end := range []string{"c,20", "c", "\nc,2001", "\n2001,c"} {
		_, err := Read(save(t, "t.csv", "town,year,v\na,2001,1\na,2002,\nb,2001,3\nb,2002,4\n"+end), Options{})
		if err == nil || !strings.Contains(err.Error(), "fields where the header has 3") {
			t.Errorf("%q at the end gives %v", end, err)
		}
	}
}

// TestSeveralValues makes the labels of a mode of columns that are named or described.
func TestSeveralValues(t *testing.T) {
	text := "site,name,day,high,low,wet\nq,Q town,1,7,1,0.5\nq,Q town,3,,2,0.25\nq,Q town,2,6,0,0\n" +
		"r,R town,1,9,3,\nr,R town,2,8,4,0.75\nr,R town,3,5,4,1\n"
	path := save(t, "t.csv", text)
	for _, test := range []struct {
		options Options
		want    string
	}{
		{
			Options{Value: "high,wet"},
			"site q r, day 1 2 3, variable high wet | [7 0.5 6 0 0.25 9 8 0.75 5 1] | 2 gaps | name,low",
		},
		{
			Options{Value: "w*,h?gh"},
			"site q r, day 1 2 3, variable wet high | [0.5 7 0 6 0.25 9 0.75 8 1 5] | 2 gaps | name,low",
		},
		{
			Options{Wide: true, Index: []string{"site", "day"}},
			"site q r, day 1 2 3, column high low wet | [7 1 0.5 6 0 0 2 0.25 9 3 8 4 0.75 5 4 1] | 2 gaps | name",
		},
		{Options{Value: "low", Index: []string{"site", "day"}}, "site q r, day 1 2 3 | [1 0 2 3 4 4] | 0 gaps | name,high,wet"},
	} {
		if d := cmp.Diff(test.want, told(mustRead(t, path, test.options))); d != "" {
			t.Errorf("%+v (-want +got):\n%s", test.options, d)
		}
	}
	want := "site,name,day,high,low,wet,lacuna_filled,high_lacuna_stderr,wet_lacuna_stderr\nq,Q town,1,7,1,0.5,0,,\n" +
		"q,Q town,3,520,2,0.25,1,0.25,\nq,Q town,2,6,0,0,0,,\nr,R town,1,9,3,601,1,,0.25\n" +
		"r,R town,2,8,4,0.75,0,,\nr,R town,3,5,4,1,0,,\n"
	if d := cmp.Diff(want, filledText(t, mustRead(t, path, Options{Value: "high,wet"}), byCoordinates)); d != "" {
		t.Errorf("written (-want +got):\n%s", d)
	}
	for pattern, name := range map[string]string{"*": "", "a*c": "abbc", "?*?": "ab", "a": "a", "*.x": "y.x", "T*": "T"} {
		if !matches(pattern, name) || matches(pattern+"q", name) {
			t.Errorf("pattern %q and %q", pattern, name)
		}
	}
}
