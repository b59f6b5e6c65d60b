//go:build !js

package dataio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The library makes room for what a page says of itself: a damaged one of some bytes says that it holds gigabytes. These
// look at the pages before: their numbers of values agree with those of the table, and runs of equal values are no longer
// than the pages. What a page unpacks to is at most pageRoom and four times the file.

// pageRoom is what every page may unpack to, however small its file.
const pageRoom = 64 << 20

// parquetPage is a page as it stands in a file.
type parquetPage struct {
	header *format.PageHeader
	data   []byte // packed
	codec  format.CompressionCodec
	values int     // of it, nulls included
	room   *[]byte // for what it unpacks to, which is looked at and forgotten
}

// checkParquetPages checks the pages of flat columns; optional tells which columns may hold nulls.
func checkParquetPages(file *parquet.File, data []byte, optional []bool) error {
	var room []byte
	for _, group := range file.Metadata().RowGroups {
		if len(group.Columns) != len(optional) {
			return fmt.Errorf("%d columns in a group of rows, %d in the schema", len(group.Columns), len(optional))
		}
		for k := range group.Columns {
			m := &group.Columns[k].MetaData
			if m.NumValues != group.NumRows {
				return fmt.Errorf("a column has %d values for %d rows", m.NumValues, group.NumRows)
			}
			if err := checkParquetColumn(m, data, optional[k], &room); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkParquetColumn(m *format.ColumnMetaData, data []byte, optional bool, room *[]byte) error {
	from := m.DataPageOffset
	if m.DictionaryPageOffset != 0 {
		from = m.DictionaryPageOffset
	}
	if from < 0 || m.TotalCompressedSize < 0 || from > int64(len(data))-m.TotalCompressedSize {
		return errors.New("a column lies outside of the file")
	}
	left, values := data[from:from+m.TotalCompressedSize], int64(0)
	for values < m.NumValues {
		if err := checkThrift(left); err != nil {
			return err
		}
		header, reader := new(format.PageHeader), bytes.NewReader(left)
		if err := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(reader)).Decode(header); err != nil {
			return err
		}
		left = left[len(left)-reader.Len():]
		size, unpacked := header.CompressedPageSize, header.UncompressedPageSize
		if size < 0 || int(size) > len(left) || unpacked < 0 || int64(unpacked) > pageRoom+4*int64(len(data)) {
			return errors.New("a page is larger than the file allows")
		}
		page := parquetPage{header: header, data: left[:size], codec: m.Codec, room: room}
		left = left[size:]
		switch header.Type {
		case format.DataPage:
			page.values = int(header.DataPageHeader.V.NumValues)
		case format.DataPageV2:
			page.values = int(header.DataPageHeaderV2.V.NumValues)
		case format.DictionaryPage:
			if n := header.DictionaryPageHeader.V.NumValues; n < 0 || n > unpacked+1 {
				return errors.New("a dictionary has more values than bytes")
			}
			if _, err := page.unpack(page.data, int(unpacked)); err != nil {
				return err
			}
			continue
		default:
			continue
		}
		if page.values < 0 || int64(page.values) > m.NumValues-values {
			return errors.New("a page has more values than its column")
		}
		values += int64(page.values)
		if err := page.check(optional); err != nil {
			return err
		}
	}
	return nil
}

// check checks the runs of a page.
func (p *parquetPage) check(optional bool) error {
	encoding := p.header.DataPageHeader.V.Encoding
	levels, rest := []byte(nil), p.data
	if p.header.Type == format.DataPageV2 {
		h := &p.header.DataPageHeaderV2.V
		encoding = h.Encoding
		n := int(h.DefinitionLevelsByteLength)
		if n < 0 || h.RepetitionLevelsByteLength != 0 || n > len(rest) {
			return errors.New("the levels of a page are longer than the page")
		}
		levels, rest = rest[:n], rest[n:]
		if h.IsCompressed.Valid && !h.IsCompressed.V {
			p.codec = format.Uncompressed
		}
	}
	rest, err := p.unpack(rest, int(p.header.UncompressedPageSize)-len(levels))
	if err != nil {
		return err
	}
	if p.header.Type == format.DataPage && optional && p.header.DataPageHeader.V.DefinitionLevelEncoding == format.RLE {
		const word = 4
		if len(rest) < word || int(binary.LittleEndian.Uint32(rest)) > len(rest)-word {
			return errors.New("the levels of a page are longer than the page")
		}
		n := int(binary.LittleEndian.Uint32(rest))
		levels, rest = rest[word:word+n], rest[word+n:]
	}
	if err := p.checkRuns(levels, 1); err != nil {
		return err
	}
	switch encoding {
	//lint:ignore SA1019 old files use it
	case format.PlainDictionary, format.RLEDictionary:
		if len(rest) > 0 {
			return p.checkRuns(rest[1:], int(rest[0]))
		}
	case format.RLE: // of truth values, behind their length
		const word = 4
		if len(rest) > word {
			return p.checkRuns(rest[word:], 1)
		}
	case format.DeltaBinaryPacked, format.DeltaLengthByteArray, format.DeltaByteArray:
		return p.checkDelta(rest)
	}
	return nil
}

// unpack unpacks the values of a page.
func (p *parquetPage) unpack(packed []byte, size int) ([]byte, error) {
	if p.codec == format.Uncompressed || len(packed) == 0 {
		return packed, nil
	}
	if n, _ := binary.Uvarint(packed); p.codec == format.Snappy && n > uint64(max(size, 0)) {
		return nil, errors.New("a page unpacks to more than it says")
	}
	if cap(*p.room) < size {
		*p.room = make([]byte, 0, size)
	}
	unpacked, err := parquet.LookupCompressionCodec(p.codec).Decode((*p.room)[:0], packed)
	if cap(unpacked) > cap(*p.room) {
		*p.room = unpacked
	}
	return unpacked, err
}

// checkRuns checks that runs of equal values and of packed ones are no longer than the page: they may be longer by what
// fills up groups of eight.
func (p *parquetPage) checkRuns(runs []byte, width int) error {
	const group = 8
	if width > 32 {
		return fmt.Errorf("values of %d bits", width)
	}
	most := 2*uint64(p.values) + 64*group
	for total := uint64(0); len(runs) > 0; {
		run, n := binary.Uvarint(runs)
		if n <= 0 {
			return errors.New("a run is cut off")
		}
		count, size := run>>1, uint64(width+7)/8
		if count == 0 { // what fills up a page
			runs = runs[n:]
			continue
		}
		if run&1 != 0 {
			if count > most {
				return errors.New("a run is longer than its page")
			}
			size = count * uint64(width)
			count *= group
		}
		runs = runs[n:]
		if total += count; count > most || total > most || size > uint64(len(runs)) {
			return errors.New("a run is longer than its page")
		}
		runs = runs[size:]
	}
	return nil
}

// checkDelta checks the number of values that a list of differences begins with, behind its size of blocks and of parts.
func (p *parquetPage) checkDelta(data []byte) error {
	for k := range 3 {
		x, n := binary.Uvarint(data)
		if n <= 0 {
			return errors.New("a list of differences is cut off")
		}
		if data = data[n:]; x > 1<<20 && k < 2 || k == 2 && x > uint64(p.values) {
			return errors.New("a list of differences is longer than its page")
		}
	}
	return nil
}
