package dataio

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// plain spells a number with a decimal point and nothing between thousands. It gathers evidence on what dots and commas
// mean; where a number can be read in two ways, the comma is a decimal one if it does not separate the fields.
func (n *numbers) plain(text []byte) (plain string, ok bool) {
	plain = string(text)
	for _, space := range []string{" ", "\u00A0", "\u2009", "\u202F", "'", "’"} {
		if strings.Contains(plain, space) {
			if !grouped(plain, space) {
				return "", false
			}
			plain = strings.ReplaceAll(plain, space, "")
		}
	}
	plain = strings.Replace(plain, "\u2212", "-", 1) // a minus sign that is no hyphen
	commas, dots := strings.Count(plain, ","), strings.Count(plain, ".")
	note := func(first *string) {
		if *first == "" {
			*first = string(text)
		}
	}
	lastComma, lastDot := strings.LastIndexByte(plain, ','), strings.LastIndexByte(plain, '.')
	switch {
	case commas == 0 && dots == 0:
		return plain, true
	case commas == 0 && dots == 1 && n.decimal == ',':
		return strings.Replace(plain, ".", "", 1), grouped(plain, ".")
	case commas == 0 && dots == 1:
		if grouped(plain, ".") {
			note(&n.marks.eitherDot)
		} else {
			note(&n.marks.dot)
		}
		return plain, true
	case dots == 0 && commas == 1 && n.decimal == 0 && !grouped(plain, ","):
		note(&n.marks.decimal)
		n.comma = true
		return strings.Replace(plain, ",", ".", 1), true
	case dots == 0 && commas == 1 && n.decimal == 0:
		note(&n.marks.eitherComma)
		if n.mayComma {
			n.comma = true
			return strings.Replace(plain, ",", ".", 1), true
		}
		return strings.Replace(plain, ",", "", 1), true
	case dots == 0 && commas == 1 && n.decimal == ',':
		n.comma = true
		return strings.Replace(plain, ",", ".", 1), true
	case dots <= 1 && lastDot > lastComma || dots == 0: // 1,234.5 and 1,234,567
		whole := plain
		if dots == 1 {
			whole = plain[:lastDot]
		}
		note(&n.marks.thousands)
		return strings.ReplaceAll(plain, ",", ""), n.decimal != ',' && grouped(whole, ",")
	case commas <= 1 && lastComma > lastDot: // 1.234,5
		note(&n.marks.decimal)
		n.comma = true
		bare := strings.ReplaceAll(plain[:lastComma], ".", "") + "." + plain[lastComma+1:]
		return bare, n.decimal != '.' && grouped(plain[:lastComma], ".")
	case commas == 0 && dots > 1: // 1.234.567
		n.comma = n.comma || n.mayComma
		return strings.ReplaceAll(plain, ".", ""), (n.decimal == ',' || n.decimal == 0 && n.mayComma) && grouped(plain, ".")
	}
	return "", false
}

// grouped tells whether marks stand between thousands: digits, then groups of three. What follows a decimal mark is left
// out.
func grouped(text, mark string) bool {
	groups := strings.Split(strings.TrimLeft(text, "+-"), mark)
	for k, group := range groups {
		if k == len(groups)-1 && mark != "," && mark != "." {
			group, _, _ = strings.Cut(strings.Replace(group, ",", ".", 1), ".")
		}
		if !isDigits(group) || k > 0 && len(group) != 3 || k == 0 && (len(group) > 3 || group[0] == '0') {
			return false
		}
	}
	return len(groups) > 1
}

func isDigits(text string) bool {
	for k := range len(text) {
		if text[k] < '0' || text[k] > '9' {
			return false
		}
	}
	return text != ""
}

// doubts tells which numbers could be read in another way.
func (n *numbers) doubts(path, column string) []Error {
	m, fail := n.marks, func(text, problem, remedy string) []Error {
		return []Error{{Path: path, Column: column, Value: text, Problem: problem, Remedy: remedy}}
	}
	without := func(mark string, text string) string { return strings.ReplaceAll(text, mark, "") }
	with := func(text string) string { return strings.Replace(text, ",", ".", 1) }
	const which = "say which with --decimal , or --decimal ."
	switch {
	case n.decimal != 0:
	case m.thousands != "" && m.decimal != "":
		return fail(m.thousands, fmt.Sprintf("has commas between thousands and %q a decimal comma", m.decimal),
			"give all numbers in one form, or "+which)
	case m.eitherComma != "" && m.thousands != "" && n.mayComma:
		return fail(m.eitherComma, fmt.Sprintf("was read as %s, but the commas of %q stand between thousands",
			with(m.eitherComma), m.thousands), "--decimal .")
	case m.eitherComma != "" && m.decimal != "" && !n.mayComma:
		return fail(m.eitherComma, fmt.Sprintf("was read as %s, but the comma of %q is a decimal one",
			without(",", m.eitherComma), m.decimal), "--decimal ,")
	case m.eitherComma != "" && m.thousands == "" && m.decimal == "":
		return fail(m.eitherComma, fmt.Sprintf("can be read as %s and as %s", with(m.eitherComma),
			without(",", m.eitherComma)), which)
	case m.eitherDot != "" && m.dot == "" && n.comma:
		return fail(m.eitherDot, fmt.Sprintf("can be read as %s and as %s, since other numbers have decimal commas",
			m.eitherDot, without(".", m.eitherDot)), which)
	}
	return nil
}

// before are signs of currencies and other marks before a number: $5, US$5, EUR 5, -£5, ~5, '5.
var before = regexp.MustCompile(`^([-+]?)(?:[A-Z]{0,3}[$€£¥₹]|[A-Z]{3} |[~≈']|[cC]a?\. )\s*([-+]?\.?\d.*)$`)

// withoutFlag cuts off what is glued to a number or to a gap: 5.5 b, 12.3*, 45%, $7, ": c".
func withoutFlag(text []byte) (bare []byte, ok bool) {
	const most = 16
	if parts := before.FindSubmatch(text); parts != nil {
		bare = append(bytes.Clone(parts[1]), parts[2]...)
		if further, ok := withoutFlag(bare); ok {
			return further, true
		}
		return bare, true
	}
	end := bytes.LastIndexAny(text, "0123456789") + 1
	if bare := bytes.TrimRight(text, "*#$"); end == 0 && len(bare) < len(text) && isUsualGap(bare) {
		return bare, true
	}
	if end == 0 {
		at := bytes.IndexAny(text, " \t")
		if at < 0 || !isUsualGap(text[:at]) || len(text)-at > most {
			return nil, false
		}
		return text[:at], true
	}
	if end < len(text) && text[end] == '.' {
		end++
	}
	if end == len(text) || len(text)-end > most {
		return nil, false
	}
	return text[:end], true
}
