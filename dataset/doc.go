// Package dataset makes, fetches and describes the tensors that lacuna is tried on: the paper's synthetic tensor,
// generated station tables, the Met Office's station files; it names CCDS, which users bring themselves.
//
// [List] names them all. Data that somebody else has made is never part of the program: it is fetched from its owner,
// or read from a file that the user gives.
package dataset
