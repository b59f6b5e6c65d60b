// Package dataio reads incomplete tensors from files and writes them back filled.
//
// [Read] finds the format out by content — text with columns, long or wide, FROSTT .tns, NumPy .npy and .npz, Parquet,
// Arrow, Excel, NetCDF-3, MAT v5; text also compressed with gzip — and returns a [Table]: the observed cells, the gaps,
// and how the file was read. [Table.Write] writes the same file with the gaps filled: same format, same rows in the
// same order with the same labels, and every observed value as it was spelt. [ReadStack] makes one table of many files.
// [WriteFactors] stores the CP factors that describe the tensor.
//
// What is wrong with a file is an [*Error], one sentence that names the place and the remedy. Every other error is a
// failure of the machine. What looks as if it was misread is in [Table.Doubts]: ask before filling such a table.
package dataio
