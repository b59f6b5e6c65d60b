package dataio

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is something wrong with a file that its owner can repair. Its text is one sentence:
// file:line: column: value, problem: remedy.
type Error struct {
	Path    string
	Line    int    // 1-based; 0 when the problem has no line
	Column  string // header of the column, or ""
	Value   string // the offending text, or ""
	Problem string
	Remedy  string
}

// Error is the sentence.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Path)
	if e.Line > 0 {
		b.WriteString(":" + strconv.Itoa(e.Line))
	}
	b.WriteString(": ")
	if e.Column != "" {
		b.WriteString("column " + strconv.Quote(shorten(e.Column)) + ": ")
	}
	if e.Value != "" {
		b.WriteString(strconv.Quote(shorten(e.Value)) + " ")
	}
	b.WriteString(e.Problem)
	if e.Remedy != "" {
		b.WriteString(": " + e.Remedy)
	}
	return b.String()
}

// shorten keeps messages readable when a file is not what its name says.
func shorten(text string) string {
	const most = 60
	text = strings.NewReplacer("\r\n", " ", "\n", " ").Replace(strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) <= most {
		return text
	}
	cut := most
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// list spells names for a message, the first few of many.
func list(names []string) string {
	const most = 12
	if len(names) > most {
		return shorten(strings.Join(names[:most], ", ")) + ", … (" + strconv.Itoa(len(names)) + " in all)"
	}
	quoted := make([]string, len(names))
	for k, name := range names {
		quoted[k] = shorten(name)
	}
	return strings.Join(quoted, ", ")
}
