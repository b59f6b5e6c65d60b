//go:build js && page

package cpu

//go:wasmimport kernel fuses
func fuses() int32

func fusesInPage() bool { return fuses() != 0 }
