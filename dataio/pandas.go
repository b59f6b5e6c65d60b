//go:build !js

package dataio

import (
	"encoding/json"
	"strings"
)

// pandasKey is under which pandas describes its columns in Parquet and Arrow.
const pandasKey = "pandas"

// pandas is that description. Its zero value stands for none.
type pandas struct {
	text  string
	index []string // the columns that are its index
}

// parsePandas reads a description; one that is damaged is none.
func parsePandas(text string) pandas {
	var description struct {
		Index []any `json:"index_columns"`
	}
	if json.Unmarshal([]byte(text), &description) != nil {
		return pandas{}
	}
	p := pandas{text: text}
	for _, entry := range description.Index {
		if name, isColumn := entry.(string); isColumn { // else a range, which is stored as its limits
			p.index = append(p.index, name)
		}
	}
	return p
}

// mark tells a sample which columns are the index, and which of them number the rows: those of whole numbers that
// pandas had to name itself.
func (p pandas) mark(s *sample) {
	for _, name := range p.index {
		for k := range s.names {
			switch {
			case s.names[k] != name:
			case strings.HasPrefix(name, "__index_level_") && s.isNumeric(k) && s.of(k).decimals == 0:
				s.rowNumbers = append(s.rowNumbers, k)
			default:
				s.keys = append(s.keys, k)
			}
		}
	}
}

// pandasColumn describes a column to pandas.
type pandasColumn struct {
	Name      string `json:"name"`
	FieldName string `json:"field_name"`
	Pandas    string `json:"pandas_type"`
	NumPy     string `json:"numpy_type"`
	Metadata  any    `json:"metadata"`
}

func pandasFloat(name string) pandasColumn {
	return pandasColumn{name, name, "float64", "float64", nil}
}

// with is the description of the table with further columns and rows, and with columns that have become float64.
func (p pandas) with(added []string, became map[string]bool, newRows int) string {
	var whole map[string]json.RawMessage
	var columns []json.RawMessage
	if json.Unmarshal([]byte(p.text), &whole) != nil || json.Unmarshal(whole["columns"], &columns) != nil {
		return ""
	}
	for k, text := range columns {
		var column pandasColumn
		if json.Unmarshal(text, &column) == nil && became[column.FieldName] {
			name := column.Name
			column = pandasFloat(column.FieldName)
			column.Name = name
			columns[k], _ = json.Marshal(column)
		}
	}
	for k, name := range added {
		column := pandasFloat(name)
		if k == 0 {
			column.Pandas, column.NumPy = "int32", "int32"
		}
		text, _ := json.Marshal(column)
		columns = append(columns, text)
	}
	var index []any
	if json.Unmarshal(whole["index_columns"], &index) != nil {
		return ""
	}
	for k, entry := range index {
		limits, isRange := entry.(map[string]any)
		if !isRange {
			continue
		}
		stop, ok := limits["stop"].(float64)
		step, also := limits["step"].(float64)
		if ok && also {
			limits["stop"] = stop + float64(step*float64(newRows))
			index[k] = limits
		}
	}
	whole["columns"], _ = json.Marshal(columns)
	whole["index_columns"], _ = json.Marshal(index)
	text, err := json.Marshal(whole)
	if err != nil {
		return ""
	}
	return string(text)
}
