package dataio

import "bytes"

// isWorkbook tells whether a file is an Excel workbook, which is an archive as .npz files are.
func isWorkbook(path string, data []byte) bool {
	named := endingOf(path) == ".xlsx" || endingOf(path) == ".xlsm"
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) && (named || bytes.Contains(data, []byte("xl/workbook.xml")))
}
