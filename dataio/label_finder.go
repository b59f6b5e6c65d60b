package dataio

import (
	"bytes"
	"encoding/binary"
)

// labelFinder finds the numbers of labels: of short ones that have been met lately at a glance, of others in the map of
// all. Labels that are in neither are numbered −1, −2, ….
type labelFinder struct {
	known  map[string]int32 // is not written while there are readers
	own    map[string]int32 // the labels that are not in known
	fresh  []string         // the same in order
	given  []int32          // the numbers that they get
	piece  int32            // counts the pieces, from 1
	lately [lately]glance

	last       []byte // the long label that was met last in this piece
	lastNumber int32
}

// glance is a short label with its number.
type glance struct {
	head, tail uint64
	size       int32 // 0 for none
	number     int32 // below zero, it counts in one piece alone
	piece      int32
}

// lately is how many labels are found at a glance, a power of two; longestGlance is the length of the longest of them.
const (
	lately        = 1 << latelyBits
	latelyBits    = 11
	longestGlance = 16
)

// begin forgets the labels that are not in known.
func (f *labelFinder) begin(known map[string]int32) {
	f.known, f.fresh, f.last = known, f.fresh[:0], nil
	f.piece++
	if f.own == nil {
		f.own = map[string]int32{}
	}
	clear(f.own)
}

func (f *labelFinder) find(text []byte) int32 {
	if len(text) > longestGlance {
		if !bytes.Equal(text, f.last) {
			f.last, f.lastNumber = text, f.search(text)
		}
		return f.lastNumber
	}
	head, tail := ends16(text)
	at := &f.lately[(head*0x9E3779B97F4A7C15^tail*0xC2B2AE3D27D4EB4F)>>(64-latelyBits)]
	if at.head == head && at.tail == tail && int(at.size) == len(text) && (at.number >= 0 || at.piece == f.piece) {
		return at.number
	}
	*at = glance{head, tail, int32(len(text)), f.search(text), f.piece}
	return at.number
}

// ends16 are the first eight bytes of a text of 1 to 16 bytes and those behind them, with zeros for what is not there:
// with the length they tell the whole text.
func ends16(text []byte) (head, tail uint64) {
	const word = 8
	size := len(text)
	if cap(text) < longestGlance { // at the end of the data
		var whole [longestGlance]byte
		copy(whole[:], text)
		return binary.LittleEndian.Uint64(whole[:]), binary.LittleEndian.Uint64(whole[word:])
	}
	text = text[:longestGlance]
	head, tail = binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[word:])
	return head & (1<<(word*uint(size)) - 1), tail & (1<<(word*uint(max(size-word, 0))) - 1)
}

func (f *labelFinder) search(text []byte) int32 {
	if number, ok := f.known[string(text)]; ok {
		return number
	}
	if number, ok := f.own[string(text)]; ok {
		return number
	}
	f.fresh = append(f.fresh, string(text))
	number := -int32(len(f.fresh))
	f.own[f.fresh[len(f.fresh)-1]] = number
	return number
}
