package dataio

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Encodings of text. Text is read as UTF-8 and written as it came.
const (
	utf8Text   = "UTF-8"
	utf16Text  = "UTF-16"
	latin1Text = "Latin-1 (Windows-1252)"
)

// encoding is how a text came.
type encoding struct {
	name  string
	order binary.AppendByteOrder // of UTF-16
	utf8  io.Writer              // where a writer passes UTF-8 on to
	rest  []byte                 // of a letter that a write cut in two
}

// windows1252 are the letters that Windows-1252 has in place of the control characters 0x80 to 0x9F of Latin-1.
var windows1252 = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8D, 'Ž', 0x8F,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9D, 'ž', 'Ÿ',
}

// bareUTF16 is the order of the bytes of a text in UTF-16 without a mark, nil for another text: nine of ten letters at its
// beginning are of ASCII, and have a zero on one side.
func bareUTF16(data []byte) binary.ByteOrder {
	const least = 64
	start := data[:min(len(data), 1<<12)&^1]
	var zeros [2]int
	for k, c := range start {
		if c == 0 {
			zeros[k&1]++
		}
	}
	letters := len(start) / 2
	switch {
	case len(start) < least:
	case zeros[0] == 0 && 10*zeros[1] >= 9*letters:
		return binary.LittleEndian
	case zeros[1] == 0 && 10*zeros[0] >= 9*letters:
		return binary.BigEndian
	}
	return nil
}

// decode returns a text as UTF-8. What is no UTF-8 and has no UTF-16 mark is Latin-1, in which every byte is a letter.
func decode(data []byte) ([]byte, encoding) {
	order := bareUTF16(data)
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	case order != nil:
	case utf8.Valid(data) || bytes.IndexByte(data[:min(len(data), 1<<12)], 0) >= 0:
		return data, encoding{name: utf8Text}
	default:
		out := make([]byte, 0, len(data)+len(data)/16)
		for _, c := range data {
			switch {
			case c < 0x80:
				out = append(out, c)
			case c < 0xA0:
				out = utf8.AppendRune(out, windows1252[c-0x80])
			default:
				out = utf8.AppendRune(out, rune(c))
			}
		}
		return out, encoding{name: latin1Text}
	}
	out := make([]byte, 0, len(data)/2+len(data)/8)
	for at := 0; at+1 < len(data); at += 2 {
		r := rune(order.Uint16(data[at:]))
		if utf16.IsSurrogate(r) && at+3 < len(data) {
			if both := utf16.DecodeRune(r, rune(order.Uint16(data[at+2:]))); both != utf8.RuneError {
				r = both
				at += 2
			}
		}
		out = utf8.AppendRune(out, r)
	}
	e := encoding{name: utf16Text, order: binary.LittleEndian}
	if order == binary.ByteOrder(binary.BigEndian) {
		e.order = binary.BigEndian
	}
	return out, e
}

// writer returns a writer of UTF-8 that passes the text on to w as it came.
func (e encoding) writer(w io.Writer) io.Writer {
	if e.name == utf8Text {
		return w
	}
	e.utf8 = w
	return &e
}

// Write encodes whole letters and keeps the rest for the next call.
func (e *encoding) Write(text []byte) (int, error) {
	all := append(e.rest, text...)
	var out []byte
	for utf8.FullRune(all) {
		r, size := utf8.DecodeRune(all)
		out = e.append(out, r)
		all = all[size:]
	}
	e.rest = append([]byte(nil), all...)
	if _, err := e.utf8.Write(out); err != nil {
		return 0, err
	}
	return len(text), nil
}

func (e *encoding) append(out []byte, r rune) []byte {
	if e.name == utf16Text {
		for _, unit := range utf16.AppendRune(nil, r) {
			out = e.order.AppendUint16(out, unit)
		}
		return out
	}
	if r < 0x80 || r >= 0xA0 && r <= 0xFF {
		return append(out, byte(r))
	}
	for k, letter := range windows1252 {
		if letter == r {
			return append(out, byte(0x80+k))
		}
	}
	return append(out, '?')
}
