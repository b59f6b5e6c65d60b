// Package cpu says which vector instructions this machine has, in flags that tests can switch off.
package cpu

import "golang.org/x/sys/cpu"

// AVX2 is true if AVX2 and FMA may be used, AVX512 if AVX-512 F, DQ, BW and VL may be used as well. Both obey
// GODEBUG (cpu.avx512f=off, cpu.avx2=off). Tests may clear them, and set them back, while nothing else runs.
var (
	AVX2   = cpu.X86.HasAVX2 && cpu.X86.HasFMA
	AVX512 = AVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL
)

// SIMD is true in a page whose WebAssembly multiplies and adds two numbers at once, rounding once. Tests may clear it.
var SIMD = fusesInPage()
