//go:build !js || !page

package cpu

func fusesInPage() bool { return false }
