//go:build !js

package dataio

import (
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// arrowKey is under which Arrow keeps its own schema in Parquet: categories, time zones and the like.
const arrowKey = "ARROW:schema"

func findPandas(file *parquet.File) pandas {
	if text, ok := file.Lookup(pandasKey); ok {
		return parsePandas(text)
	}
	return pandas{}
}

// metadata is that of the file, with what it says of its columns extended to those that filling adds.
func (s *parquetSource) metadata(extra []string, newRows int) (pairs []format.KeyValue) {
	became := map[string]bool{}
	for k, name := range s.names {
		if s.becomesDouble(k) {
			became[name] = true
		}
	}
	added := s.addedNames(extra)
	description := s.pandas.with(added, became, newRows)
	for _, pair := range s.file.Metadata().KeyValueMetadata {
		switch pair.Key {
		case pandasKey:
			pair.Value = description
		case arrowKey:
			pair.Value = extendArrowSchema(pair.Value, added, became, description)
		}
		if pair.Value != "" {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}
