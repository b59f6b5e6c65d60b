// Package linalg has the small dense linear algebra that the rest is made of: vectors, matrix products, LU and
// Cholesky.
//
// Matrices are row-major. Every function says how it adds up, because its bits are part of every result: products are
// fused into sums where it says so, and nowhere else, on any architecture. A slice too short panics.
package linalg
