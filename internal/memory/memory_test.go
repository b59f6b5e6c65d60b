package memory

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestAvailable(t *testing.T) {
	available := Available()
	if runtime.GOOS == "linux" && available < 1<<20 {
		t.Errorf("a running Linux machine has %v bytes", available)
	}
}

func TestAvailableKeepsToTheLimitOfTheProcess(t *testing.T) {
	const limit = 1 << 30
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
	if available := Available(); available <= 0 || available >= limit {
		t.Errorf("%v bytes are available within a limit of %d", available, limit)
	}
}

func TestThriftEndsWithItsLastUser(t *testing.T) {
	percent := func() int {
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		return now
	}
	defer debug.SetGCPercent(debug.SetGCPercent(80))
	first, second := Thrift(25), Thrift(10)
	first()
	first()
	if got := percent(); got != 10 {
		t.Errorf("%d %% for the second user", got)
	}
	if second(); percent() != 80 {
		t.Errorf("%d %% in the end, it was 80", percent())
	}
	debug.SetGCPercent(-1)
	if end := Thrift(10); percent() != -1 {
		t.Errorf("a collector that was off is at %d %%", percent())
	} else {
		end()
	}
}

func TestFormat(t *testing.T) {
	for bytes, want := range map[float64]string{0: "0 B", 1023: "1.02e+03 B", 1536: "1.5 KiB", 3 << 30: "3 GiB"} {
		if got := Format(bytes); got != want {
			t.Errorf("Format(%v) = %q, want %q", bytes, got, want)
		}
	}
}
