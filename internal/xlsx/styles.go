package xlsx

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// readStyles finds out which styles show dates.
func (b *Book) readStyles(part string) error {
	data, err := b.read(part)
	if err != nil {
		return err
	}
	codes := map[int]string{}
	var formats []int
	d := xml.NewDecoder(bytes.NewReader(data))
	inCells := false
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch e := token.(type) {
		case xml.StartElement:
			id, _ := strconv.Atoi(attribute(e, "numFmtId"))
			switch {
			case e.Name.Local == "numFmt":
				codes[id] = attribute(e, "formatCode")
			case e.Name.Local == "cellXfs":
				inCells = true
			case e.Name.Local == "xf" && inCells:
				formats = append(formats, id)
			}
		case xml.EndElement:
			if e.Name.Local == "cellXfs" {
				inCells = false
			}
		}
	}
	for _, id := range formats {
		code, own := codes[id]
		b.shows = append(b.shows, showsDate(id, code, own))
	}
	return nil
}

var shownLiterally = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]|\\.|_.|\*.`)

// showsDuration finds hours, minutes or seconds that go on beyond those of a day.
var showsDuration = regexp.MustCompile(`(?i)\[(h+|m+|s+)\]`)

// showsDate tells whether a format shows dates or times of a day: by its number where Excel knows it, by its code where it is
// the book's own. Durations are numbers, of days.
func showsDate(id int, code string, own bool) bool {
	const duration = 46
	if own {
		return !showsDuration.MatchString(code) && !strings.EqualFold(code, "General") &&
			strings.ContainsAny(strings.ToLower(shownLiterally.ReplaceAllString(code, "")), "ymdhs")
	}
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 && id != duration || id >= 50 && id <= 58
}

// ShowsDate tells whether a style shows numbers as dates.
func (b *Book) ShowsDate(style int) bool { return style >= 0 && style < len(b.shows) && b.shows[style] }

// Time is the time of a number, to the millisecond, as Excel shows it but for the day that 1900 did not have; false where it
// is out of Excel's range, the years 1900 to 9999.
func (b *Book) Time(value float64) (time.Time, bool) {
	const lastDay = 2958466
	if !(value >= 0 && value < lastDay) {
		return time.Time{}, false
	}
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case b.From1904:
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case value < 60:
		first = first.AddDate(0, 0, 1)
	}
	day := math.Floor(value)
	part := time.Duration(float64((value - day) * float64(24*time.Hour)))
	return first.AddDate(0, 0, int(day)).Add(part).Round(time.Millisecond), true
}

var escapedRune = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescaped reads the characters that XML has no place for, such as _x000D_.
func unescaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escapedRune.ReplaceAllStringFunc(text, func(s string) string {
		code, err := strconv.ParseUint(s[2:6], 16, 16)
		if err != nil {
			return s
		}
		return string(rune(code))
	})
}

// escaped writes a text so that unescaped reads it.
func escaped(text string) string {
	return escapedRune.ReplaceAllStringFunc(text, func(s string) string { return "_x005F" + s })
}

// Name is what a cell is called, such as B3, of its column and row from 1.
func Name(column, row int) string {
	letters := ""
	for c := column; c > 0; c = (c - 1) / 26 {
		letters = string(rune('A'+(c-1)%26)) + letters
	}
	return letters + strconv.Itoa(row)
}

// cellAt is the column and the row of a cell's name.
func cellAt(name string) (column, row int, err error) {
	k := 0
	for ; k < len(name) && (name[k]|0x20) >= 'a' && (name[k]|0x20) <= 'z' && k < 4; k++ {
		column = 26*column + int(name[k]|0x20-'a') + 1
	}
	row, err = strconv.Atoi(name[k:])
	if err != nil || column < 1 || column > MostColumns || row < 1 || row > MostRows {
		return 0, 0, fmt.Errorf("there is no cell %q", name)
	}
	return column, row, nil
}
