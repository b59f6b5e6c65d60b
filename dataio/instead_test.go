package dataio

import (
	"fmt"
	"strings"
	"testing"
)

// TestReadAsTheOnlyWayThatMakesSense: a table that cannot be read as a long one with its value last is read in the one
// way that is left, and that is said.
func TestReadAsTheOnlyWayThatMakesSense(t *testing.T) {
	rows := func(header string, row func(town string, day int) string) string {
		var b strings.Builder
		b.WriteString(header + "\n")
		for _, town := range []string{"ash", "elm", "oak"} {
			for day := range 4 {
				b.WriteString(row(town, day+1) + "\n")
			}
		}
		return b.String()
	}
	gap := func(town string, day int) string {
		if town == "elm" && day == 2 {
			return ""
		}
		return fmt.Sprintf("%d.%d", len(town)+day, day)
	}
	word := func(town string, day int) string {
		if text := gap(town, day); text != "" {
			return text
		}
		return "NA"
	}
	for _, test := range []struct{ name, text, want string }{
		{
			"attributes behind the values", rows("town,day,high,how", func(town string, day int) string {
				return fmt.Sprintf("%s,2021-03-0%d,%s,by eye", town, day, gap(town, day))
			}), `read as "high" by "town", "day", since otherwise column "high"`,
		},
		{
			"gaps in more than one column", rows("day,town,lat,high,low", func(town string, day int) string {
				return fmt.Sprintf("2021-03-0%d,%s,%d.5,%s,%d.5", day, town, len(town)+day, gap(town, day), day)
			}), `read as "high", "low" by "day", "town"`,
		},
		{
			"a word for a gap in columns of numbers", rows("day,town,high,low", func(town string, day int) string {
				return fmt.Sprintf("2021-03-0%d,%s,%s,%d.5", day, town, word(town, day), day)
			}), `read as "high", "low" by "day", "town", since otherwise column "high": it holds numbers and gaps`,
		},
		{
			"columns of one name that are neither", rows("day,town,high,unit,low,unit", func(town string, day int) string {
				return fmt.Sprintf("2021-03-0%d,%s,%s,C,%d.5,K", day, town, gap(town, day), day)
			}), `read as "high", "low" by "day", "town", since otherwise line 1: two columns are called "unit"`,
		},
	} {
		table := mustRead(t, save(t, "t.csv", test.text), Options{})
		if got := strings.Join(table.Reading.Notes, "; "); !strings.Contains(got, test.want) || len(table.Doubts) > 0 {
			t.Errorf("%s: notes %q and doubts %v, want one that says %q", test.name, got, table.Doubts, test.want)
		}
		if table.Gaps() != 1 {
			t.Errorf("%s: %d gaps", test.name, table.Gaps())
		}
	}
	// A last column of nothing is no value, where another one is.
	text := rows("day,town,high,remark", func(town string, day int) string {
		return fmt.Sprintf("2021-03-0%d,%s,%d.5,", day, town, day+len(town))
	})
	table := mustRead(t, save(t, "t.csv", text), Options{})
	if got := strings.Join(table.Reading.Notes, "; "); !strings.Contains(got, `read as "high" by "day", "town", since otherwise column "remark"`) {
		t.Errorf("notes %q", got)
	}
	// A code that goes with the town is no value, though one is missing.
	text = rows("day,town,code,high", func(town string, day int) string {
		code := fmt.Sprint(100 + int(town[0]))
		if gap(town, day) == "" {
			code = "NA"
		}
		return fmt.Sprintf("2021-03-0%d,%s,%s,%d.5", day, town, code, day+len(town))
	})
	if got := strings.Join(mustRead(t, save(t, "t.csv", text), Options{}).Reading.Notes, "; "); !strings.Contains(got, `read as "high" by "day", "town"`) {
		t.Errorf("notes %q", got)
	}
	// A column of whole numbers may be an attribute or a value: that is for the owner to say.
	text = rows("day,town,age,high,how", func(town string, day int) string {
		return fmt.Sprintf("2021-03-0%d,%s,%d,%s,by eye", day, town, 7*day+len(town), gap(town, day))
	})
	if _, err := Read(save(t, "t.csv", text), Options{}); err == nil || !strings.Contains(err.Error(), "--index day,town") {
		t.Errorf("error %v, want one that proposes columns", err)
	}
}

// TestLinesThatAreNoRows: lines of names and remarks in the midst of a table and at its end are left where they are.
func TestLinesThatAreNoRows(t *testing.T) {
	const want = "town a b, year 2001 2002 | [1.5 2.5 3.5] | 1 gaps | "
	for _, test := range []struct{ name, text string }{
		{"the header again", "town,year,v\na,2001,1.5\na,2002,2.5\ntown,year,v\nb,2001,3.5\nb,2002,\n"},
		{"a sentence below", "town,year,v\na,2001,1.5\na,2002,2.5\nb,2001,3.5\nb,2002,\nSource: a book of 1999\n"},
		{"types of columns", "town\tyear\tv\n5s\t4d\t14n\na\t2001\t1.5\na\t2002\t2.5\nb\t2001\t3.5\nb\t2002\t\n"},
		{"commas in a header of spaces", "town, year, v\na 2001 1.5\na 2002 2.5\nb 2001 3.5\nb 2002 NA\n"},
	} {
		table := mustRead(t, save(t, "t.csv", test.text), Options{})
		if got := told(table); got != want {
			t.Errorf("%s: read %s", test.name, got)
		}
		out := filledText(t, table, byCoordinates)
		if lines := strings.Count(test.text, "\n"); strings.Count(out, "\n") != lines {
			t.Errorf("%s: %d lines became\n%s", test.name, lines, out)
		}
	}
	// A unit for the value alone.
	text := "town,year,v\n,,degC\na,2001,1.5\na,2002,2.5\na,2003,4\nb,2001,3.5\nb,2002,\nb,2003,5\n"
	if got := filledText(t, mustRead(t, save(t, "t.csv", text), Options{}), byCoordinates); !strings.Contains(got, "\n,,degC\na,") {
		t.Errorf("written %s", got)
	}
	// Footnotes are a table of their own, with fewer columns.
	text = "town,year,sex,v,n,how\na,2001,F,1.5,1,x\na,2002,F,2.5,1,x\nb,2001,M,3.5,1,x\nb,2002,M,,1,x\n\nn,Note\n1,made up\n"
	table := mustRead(t, save(t, "t.csv", text), Options{Index: []string{"town", "year"}, Value: "v"})
	if got := filledText(t, table, byCoordinates); !strings.HasSuffix(got, "\n\nn,Note\n1,made up\n") || table.Gaps() != 1 {
		t.Errorf("written %s", got)
	}
	// A row that is cut short is no footnote.
	if _, err := Read(save(t, "t.csv", "a,b,v\nx,y,1\nx,z,2\n\nw,y\n"), Options{}); err == nil {
		t.Error("a row that is cut short is skipped")
	}
}

// TestFirstLineIsARow: a first line of data is no header, whatever words end it.
func TestFirstLineIsARow(t *testing.T) {
	text := "A1,20210101,TMAX,16,S\nA2,20210101,TMAX,17,S\nA1,20210102,TMIN,9,S\nA2,20210102,TMAX,,S\n"
	if _, err := Read(save(t, "t.csv", text), Options{}); err == nil || !strings.Contains(err.Error(), "there is no header") {
		t.Errorf("error %v, want one about the header", err)
	}
	text = "x,A_1,,B_1,\nnm,I,nm,I,nm\n300,1.5,300,2.5,300\n310,1.5,310,2.5,310\n320,1.5,320,2.5,320\n330,1.5,330,2.5,330\n" +
		"340,1.5,340,,340\n"
	if _, err := Read(save(t, "t.csv", text), Options{}); err == nil || !strings.Contains(err.Error(), "have no name") {
		t.Errorf("error %v, want one about names", err)
	}
}

// TestManyColumnsAreNoIndices reads a wide table that says nothing of being one, in which every column but the last would be
// an index: without a doubt where its values have decimals, and not at all, with what to type, where they have none.
func TestManyColumnsAreNoIndices(t *testing.T) {
	text := func(value string) string {
		var b strings.Builder
		b.WriteString("plant")
		for k := range mostIndices + 2 {
			fmt.Fprintf(&b, ",gene%d", k)
		}
		for row := range fewestRows {
			fmt.Fprintf(&b, "\np%d", row)
			for k := range mostIndices + 2 {
				fmt.Fprintf(&b, value, (row*(k%5+1)+k)%7+1)
			}
		}
		return b.String() + "\n"
	}
	table := mustRead(t, save(t, "t.csv", text(",%d.5")), Options{})
	if table.Format != WideCSV || len(table.Reading.Value) != mostIndices+2 || len(table.Doubts) > 0 {
		t.Errorf("%s of %d values, doubts %v", table.Format, len(table.Reading.Value), table.Doubts)
	}
	path := save(t, "t.csv", text(",%d"))
	_, err := Read(path, Options{})
	want := fmt.Sprintf(`%d columns would be indices of a single value: read "gene0", "gene1", "gene2", … (%d in all), "gene%d" by "plant": --index plant --wide`,
		mostIndices+2, mostIndices+2, mostIndices+1)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	mustRead(t, path, Options{Index: []string{"plant"}, Wide: true})
}
