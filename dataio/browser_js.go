package dataio

import "io"

// In a browser the libraries for these formats would be most of the page: it names the way out instead.
func init() {
	refuse := func(format Format, ending, also string, detect func(string, []byte) sureness) {
		register(kind{format: format, ending: ending, also: also, detect: detect, read: unread})
	}
	refuse("Arrow", ".arrow", ".feather", magic("ARROW1"))
	refuse("Parquet", ".parquet", "", magic("PAR1"))
}

func unread(path string, data []byte, _ Options) (*Table, error) {
	k, err := detect(path, data)
	if err != nil {
		return nil, err
	}
	return nil, &Error{
		Path: path, Problem: "the page in the browser does not read " + string(k.format),
		Remedy: "save the table as CSV, or give the file to the command lacuna",
	}
}

func (t *Table) writeDrawsParquet(io.Writer, int, DrawCells) error {
	return &Error{Problem: "the page in the browser does not write Parquet", Remedy: "take CSV or .npz"}
}
