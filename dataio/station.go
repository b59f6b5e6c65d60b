package dataio

import (
	"bytes"
	"slices"
)

// StationFile is a file of the Met Office about a weather station: some lines on the station, a line of names that begins
// with yyyy and mm, a line of units, and a row a month, separated by spaces. Flags stand behind values, and words behind
// rows.
const StationFile Format = "Met Office station file"

func init() {
	register(kind{
		format: StationFile, ending: ".txt", text: true, takes: takesColumns | takesGrid | takesDuplicates | takesLimits, read: readStation,
		detect: func(_ string, data []byte) sureness {
			if at, _ := stationHeader(data); at >= 0 {
				return likely
			}
			return no
		},
	})
}

// stationHeader finds the line of names below the lines on the station.
func stationHeader(data []byte) (at, line int) {
	const mostLines, fewestFields = 30, 4
	for text := range bytes.Lines(data) {
		if line++; line > mostLines {
			break
		}
		fields := bytes.Fields(text)
		if line > 1 && len(fields) >= fewestFields && string(fields[0]) == "yyyy" && string(fields[1]) == "mm" {
			return at, line
		}
		at += len(text)
	}
	return -1, 0
}

func readStation(path string, data []byte, o Options) (*Table, error) {
	if err := checkText(path, data); err != nil {
		return nil, err
	}
	text, coded := decode(data)
	f := form{encoding: coded, between: separator{char: ' ', space: true}, station: true, stop: len(text)}
	f.head, f.headLine = stationHeader(text)
	if f.head < 0 {
		return nil, &Error{
			Path: path, Problem: "there is no line that begins with yyyy mm", Remedy: "give a station file of the Met Office",
		}
	}
	r := newRecords(path, text, f.between, f.head)
	f.names, _ = r.header()
	f.fields, f.body, f.bodyLine = len(f.names), r.next, f.headLine+1
	if o.Value == "" && len(o.Index) == 0 && !o.Wide {
		o.Index, o.Columns = f.names[:2], f.names[2:]
	}
	s := &csvSource{path: path, data: text, form: f}
	return s.read(StationFile, o)
}

// padRow gives a row of a station file as many fields as there are names: what is absent at its end is empty, and words
// end it. It is false for a line that is no row.
func (s *csvSource) padRow(r *records) bool {
	if first := r.text(r.fields[0]); !isDigits(string(first)) {
		return false
	}
	words := slices.IndexFunc(r.fields, func(field span) bool {
		c := s.data[field.from]
		return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
	})
	if words >= 0 {
		r.fields = r.fields[:words]
	}
	end := r.fields[len(r.fields)-1].to
	for len(r.fields) < len(s.form.names) {
		r.fields = append(r.fields, span{end, end})
	}
	return true
}
