package dataio

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// mostTaken is what reading a small file may take, all that is thrown away in between included.
const mostTaken = 256 << 20

// damage cuts a file at every length and flips every byte, in so many places: each is refused with an *Error, or read
// and written.
func damage(t *testing.T, name, whole string, places int, o Options) {
	t.Helper()
	o.Memory = 64 << 20
	refused, tried := 0, 0
	var before, after runtime.MemStats
	try := func(what string, at int, data []byte) {
		tried++
		runtime.ReadMemStats(&before)
		table, err := parse(name, data, o)
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > mostTaken {
			t.Errorf("%s, %s at %d: reading takes %d bytes in all", name, what, at, taken)
		}
		if err == nil && table.Gaps() < 1e6 {
			err = table.WriteTo(io.Discard, byCoordinates)
		}
		if err == nil {
			return
		}
		refused++
		e := new(Error)
		if !errors.As(err, &e) || e.Remedy == "" || strings.Contains(err.Error(), "\n") {
			t.Fatalf("%s, %s at %d: %v is not one sentence with a remedy", name, what, at, err)
		}
	}
	if _, err := parse(name, []byte(whole), o); err != nil {
		t.Fatal(err)
	}
	step := max(1, len(whole)/places)
	for at := 0; at < len(whole); at += step {
		try("cut", at, []byte(whole[:at]))
		for _, mask := range []byte{0x01, 0x80, 0xFF} {
			damaged := bytes.Clone([]byte(whole))
			damaged[at] ^= mask
			try("flipped", at, damaged)
		}
	}
	if refused == 0 || tried < 100 {
		t.Errorf("%s: %d of %d damaged files are refused", name, refused, tried)
	}
	t.Logf("%s: %d of %d damaged files are refused, the others are read", name, refused, tried)
}

func TestDamagedFiles(t *testing.T) {
	for _, name := range []string{"classic.nc", "offset64.nc", "cdf5.nc"} {
		damage(t, name, string(ncSample(t, name)), 80, Options{Value: "rain"})
	}
	damage(t, "t.arrow", string(arrowSample(t)), 60, Options{Value: "price", Index: []string{"month", "station"}})
	damage(t, "t.parquet", string(pandasParquet(t)), 60, Options{})
	damage(t, "t.parquet", string(parquetSample(t)), 60, Options{Index: []string{"month", "station"}, Value: "value"})
	damage(t, "t.xlsx", string(xlsxSample(t)), 30, Options{Value: "rain", Index: []string{"town", "day"}})
}
