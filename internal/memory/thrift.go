package memory

import (
	"runtime/debug"
	"sync"
)

var thrift struct {
	sync.Mutex
	users, percent int
}

// Thrift has the garbage collector of the process let no more than a tenth of what is in use pile up, until end is called
// for every Thrift. It is for heaps of few, large slices of numbers, whose collection costs next to nothing. A collector that is
// stricter, or off, is left alone.
func Thrift() (end func()) {
	const percent = 10
	thrift.Lock()
	defer thrift.Unlock()
	if thrift.users++; thrift.users == 1 {
		thrift.percent = debug.SetGCPercent(percent)
		if thrift.percent < percent {
			debug.SetGCPercent(thrift.percent)
		}
	}
	return sync.OnceFunc(func() {
		thrift.Lock()
		defer thrift.Unlock()
		if thrift.users--; thrift.users == 0 {
			debug.SetGCPercent(thrift.percent)
		}
	})
}
