package memory

import (
	"runtime/debug"
	"sync"
)

var thrift struct {
	sync.Mutex
	users, percent int // percent: what was set before the first user
}

// Thrift has the garbage collector of the process let no more than so many percent of what is in use pile up, until end is
// called for every Thrift. It is for heaps of few, large slices of numbers, whose collection costs next to nothing. A collector
// that is stricter, or off, is left alone.
func Thrift(percent int) (end func()) {
	thrift.Lock()
	defer thrift.Unlock()
	before := debug.SetGCPercent(percent)
	if before < percent {
		debug.SetGCPercent(before)
	}
	if thrift.users++; thrift.users == 1 {
		thrift.percent = before
	}
	return sync.OnceFunc(func() {
		thrift.Lock()
		defer thrift.Unlock()
		if thrift.users--; thrift.users == 0 {
			debug.SetGCPercent(thrift.percent)
		}
	})
}
