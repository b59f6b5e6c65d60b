package coordinate

import (
	"slices"
	"strings"
)

var monthNames = [...]string{
	"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
	"december",
}

// spellings are the names of the months in other languages, whole and in the usual short forms. All labels of a mode
// are of one spelling, so that others can be written as they are.
var spellings = [...][]string{
	strings.Fields("januar februar märz april mai juni juli august september oktober november dezember"),
	strings.Fields("jan feb mär apr mai jun jul aug sep okt nov dez"),
	strings.Fields("jan feb mrz apr mai jun jul aug sep okt nov dez"),
	strings.Fields("jan feb märz april mai juni juli aug sept okt nov dez"),
	strings.Fields("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
	strings.Fields("janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre"),
	strings.Fields("janv févr mars avr mai juin juil août sept oct nov déc"),
	strings.Fields("janv fevr mars avr mai juin juil aout sept oct nov dec"),
	strings.Fields("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
	strings.Fields("ene feb mar abr may jun jul ago sep oct nov dic"),
	strings.Fields("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
	strings.Fields("gen feb mar apr mag giu lug ago set ott nov dic"),
}

// english is the bit of the English names; that of spellings[k] is english<<(k+1).
const english = 1

// findMonth returns the month, from 0, that a word in small letters names, and a bit for every spelling that has it: 0
// if none does.
func findMonth(word string) (month int, spelling uint16) {
	if k := find(monthNames[:], word); k >= 0 {
		month, spelling = k, english
	}
	for s, names := range spellings {
		if k := slices.Index(names, word); k >= 0 {
			month = k
			spelling |= english << (s + 1)
		}
	}
	return month, spelling
}

// monthIn writes a month, from 0, in the first of these spellings and in the case of another one.
func monthIn(spelling uint16, model string, month int) string {
	if spelling&english != 0 {
		return like(model, monthNames[:], month)
	}
	for s, names := range spellings {
		if spelling&(english<<(s+1)) != 0 {
			return inCase(model, names[month])
		}
	}
	return model
}
