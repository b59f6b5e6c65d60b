// Package dataio reads incomplete tensors from files and writes them back filled.
//
// [Read] finds the format out by content — long or wide CSV, FROSTT .tns, NumPy .npy and .npz, Parquet, Arrow,
// Excel, NetCDF-3, MAT v5; text also compressed with gzip — and returns a [Table]: the observed cells, and the gaps.
// [Table.Write] writes the same file with the gaps filled: same format, same rows in the same order with the same
// labels, and every observed value as it was spelt. [WriteFactors] stores the CP factors that describe the tensor.
//
// What is wrong with a file is an [*Error], one sentence that names the place and the remedy. Every other error is a
// failure of the machine.
package dataio
