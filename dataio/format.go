package dataio

import (
	"bytes"
	"path/filepath"
	"strings"
)

// Format is the kind of a file. Text may be compressed with gzip.
type Format string

// kind is what is known of a format. A format is one file, and registers its kind there.
type kind struct {
	format Format
	ending string // of its files, with the dot
	also   string // a further ending under which its tables may be written; "" for none
	text   bool   // may be compressed with gzip
	bare   bool   // has no place for anything beside the values
	takes  takes  // the options that mean something to it; 0: not checked
	// detect tells how surely a file of that name with that content has the format; nil: never by itself.
	detect func(path string, data []byte) sureness
	read   func(path string, data []byte, o Options) (*Table, error)
}

// sureness is how surely a file has a format.
type sureness int

const (
	no       sureness = iota
	readable          // it may have, if no other format claims it
	likely            // its name or its first lines say so
	certain           // its first bytes are those of this format and of no other
)

var kinds = map[Format]kind{}

func register(k kind) { kinds[k.format] = k }

// magic detects a format by its first bytes.
func magic(first string) func(string, []byte) sureness {
	return func(_ string, data []byte) sureness {
		if bytes.HasPrefix(data, []byte(first)) {
			return certain
		}
		return no
	}
}

// foreign are the first bytes of formats that people try, and what to do instead.
var foreign = []struct{ magic, name, remedy string }{
	{"\xFD7zXZ", "xz", "unpack it first"},
	{"BZh", "bzip2", "unpack it first"},
	{"\x28\xB5\x2F\xFD", "zstd", "unpack it first"},
	{"\xD0\xCF\x11\xE0", "an old Excel or Office file", "save the table as .xlsx without a password, or as CSV"},
	{"FEA1", "Feather of the first version", "write it again with version 2"},
	{"%PDF", "PDF", "save the table as CSV"},
	{"<stata_dta>", "a Stata file", "export the table as CSV: export delimited"},
	{"$FL2", "an SPSS file", "save the table as CSV"},
	{"X\n\x00\x00", "an R object (.rds)", "write the table with write.csv"},
	{"RDX", "an R workspace (.RData)", "write the table with write.csv"},
	{"\x80\x04\x95", "a Python pickle", "write the table with to_csv or to_parquet"},
	{"\x80\x05\x95", "a Python pickle", "write the table with to_csv or to_parquet"},
	{"SQLite format 3", "an SQLite database", "export the table as CSV"},
}

// detect finds the format of a file by its content, and where that leaves a doubt by its name.
func detect(path string, data []byte) (kind, error) {
	for _, f := range foreign {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			return kind{}, &Error{Path: path, Problem: "this is " + f.name, Remedy: f.remedy}
		}
	}
	if len(bytes.TrimSpace(bytes.TrimPrefix(data, byteOrderMark))) == 0 {
		return kind{}, &Error{
			Path: path, Problem: "the file is empty", Remedy: "give a table with a header and at least two index columns",
		}
	}
	var best kind
	surest := no
	for _, k := range kinds {
		if k.detect == nil {
			continue
		}
		if s := k.detect(path, data); s > surest || s == surest && s > no && k.format < best.format {
			best, surest = k, s
		}
	}
	return best, nil
}

// endingOf is the ending of a file's name in small letters, without that of gzip.
func endingOf(path string) string {
	return strings.ToLower(filepath.Ext(strings.TrimSuffix(path, ".gz")))
}

// known tells whether files of some format, and of no other, have that ending.
func known(ending string) bool {
	for _, k := range kinds {
		if (k.ending == ending || k.also == ending) && ending != "" && ending != ".txt" {
			return true
		}
	}
	return false
}

// unwritten are endings that promise what is not written, but where the input has them itself.
var unwritten = []string{
	".pq", ".xls", ".xlsb", ".ods", ".json", ".jsonl", ".ndjson", ".geojson", ".xml", ".html", ".htm", ".pdf", ".rds", ".rda", ".rdata", ".sav",
	".dta", ".sas7bdat", ".pkl", ".pickle", ".db", ".sqlite", ".orc", ".avro", ".zarr", ".nc4", ".cdf", ".h5", ".hdf5", ".zip", ".bz2", ".xz",
	".zst",
}

func isGzip(path string) bool { return strings.HasSuffix(strings.ToLower(path), ".gz") }
