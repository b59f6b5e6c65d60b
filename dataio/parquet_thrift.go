//go:build !js

package dataio

import (
	"encoding/binary"
	"errors"

	"github.com/parquet-go/parquet-go/encoding/thrift"
)

// errThrift is the error of a header or a footer that claims what it does not have.
var errThrift = errors.New("a header is cut off, or claims to be longer than the file")

// thriftWalker goes through what the decoder of headers will read, which makes room for as many bytes and elements as a
// text or a list claims to have: here each must lie within the data. It is the compact protocol of Apache Thrift.
type thriftWalker struct{ left []byte }

// checkThrift checks the structure at the beginning of data.
func checkThrift(data []byte) error {
	w := thriftWalker{data}
	if !w.structure(0) {
		return errThrift
	}
	return nil
}

func (w *thriftWalker) skip(n uint64) bool {
	if n > uint64(len(w.left)) {
		return false
	}
	w.left = w.left[n:]
	return true
}

func (w *thriftWalker) octet() (b byte, ok bool) {
	if len(w.left) == 0 {
		return 0, false
	}
	b, w.left = w.left[0], w.left[1:]
	return b, true
}

func (w *thriftWalker) varint() (x uint64, ok bool) {
	x, n := binary.Uvarint(w.left)
	return x, n > 0 && w.skip(uint64(n))
}

// structure goes through the fields of a structure to its end. A field has its type in the lower half of its first
// octet; where the upper half is 0, its number follows.
func (w *thriftWalker) structure(depth int) bool {
	for {
		b, ok := w.octet()
		kind := thrift.Type(b & 0xF)
		switch {
		case !ok:
			return false
		case kind == thrift.STOP:
			return b == 0
		case b>>4 == 0:
			if _, ok := w.varint(); !ok {
				return false
			}
		}
		// A truth value is said by the type of its field.
		if kind != thrift.TRUE && kind != thrift.FALSE && !w.value(kind, depth+1) {
			return false
		}
	}
}

// value goes through a value.
func (w *thriftWalker) value(kind thrift.Type, depth int) bool {
	const deepest, word, long = 64, 8, 16
	if depth > deepest {
		return false
	}
	switch kind {
	case thrift.TRUE, thrift.FALSE, thrift.I8:
		return w.skip(1)
	case thrift.I16, thrift.I32, thrift.I64:
		_, ok := w.varint()
		return ok
	case thrift.DOUBLE:
		return w.skip(word)
	case thrift.UUID:
		return w.skip(long)
	case thrift.BINARY:
		size, ok := w.varint()
		return ok && w.skip(size)
	case thrift.LIST, thrift.SET:
		b, ok := w.octet()
		size := uint64(b >> 4)
		if size == 0xF && ok {
			size, ok = w.varint()
		}
		return ok && w.values(size, depth, thrift.Type(b&0xF))
	case thrift.MAP:
		size, ok := w.varint()
		if !ok || size == 0 {
			return ok
		}
		b, ok := w.octet()
		return ok && w.values(size, depth, thrift.Type(b>>4), thrift.Type(b&0xF))
	case thrift.STRUCT:
		return w.structure(depth)
	}
	return false
}

// values goes through the elements of a list, or the pairs of a map.
func (w *thriftWalker) values(size uint64, depth int, kinds ...thrift.Type) bool {
	if size > uint64(len(w.left)) {
		return false
	}
	for range size {
		for _, kind := range kinds {
			if !w.value(kind, depth+1) {
				return false
			}
		}
	}
	return true
}
