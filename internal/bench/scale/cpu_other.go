//go:build !unix

package scale

func cpuSeconds() float64 { return 0 }
