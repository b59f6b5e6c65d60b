// Package examples holds the tables that the documentation fills.
package examples

import _ "embed"

// Stations is stations.csv: weather of twelve stations that never was.
//
//go:embed stations.csv
var Stations []byte
