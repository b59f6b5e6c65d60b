//go:build unix

// Package cputime tells how long the processor has worked for this process.
package cputime

import "syscall"

// Seconds is the time that all threads of the process have been running.
func Seconds() float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}
