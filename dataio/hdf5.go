package dataio

import (
	"bytes"
	"path/filepath"
	"strings"
)

// HDF5 is what NetCDF-4, MAT v7.3 and many others are made of. It is recognised and not read: no library in pure Go
// that is maintained and can be had reads it, and the format is too large to be read by the way.
const HDF5 Format = "HDF5"

func init() {
	register(kind{
		format: HDF5, ending: ".h5", read: refuseHDF5,
		detect: func(_ string, data []byte) sureness {
			if hdf5Start(data) >= 0 {
				return certain
			}
			return no
		},
	})
}

// hdf5Start finds where HDF5 begins in a file: at its start, or behind a block of the user's own of 512, 1024, 2048, …
// bytes. −1 where it does not.
func hdf5Start(data []byte) int {
	for at := 0; at < len(data); at = max(512, 2*at) {
		if bytes.HasPrefix(data[at:], []byte("\x89HDF\r\n\x1a\n")) {
			return at
		}
	}
	return -1
}

func refuseHDF5(path string, data []byte, _ Options) (*Table, error) {
	e := &Error{Path: path}
	base := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	in := shellName(filepath.Base(path))
	switch {
	case bytes.HasPrefix(data, []byte("MATLAB 7.3")):
		e.Problem = "this is MAT v7.3, which lacuna does not read"
		e.Remedy = "save it with -v7, in MATLAB: s = load('" + filepath.Base(path) + "'); save('" + base +
			"_v7.mat', '-struct', 's', '-v7')"
	case strings.HasPrefix(endingOf(path), ".nc") || bytes.Contains(data, []byte("_NCProperties")) ||
		bytes.Contains(data, []byte("_Netcdf4")):
		e.Problem = "this is NetCDF-4, of which lacuna reads the classic form"
		e.Remedy = "convert it: nccopy -k cdf5 " + in + " " + shellName(base+"_3.nc") +
			" (where it holds strings, in Python: xarray.open_dataset('" + filepath.Base(path) + "').to_netcdf('" + base +
			"_3.nc', format='NETCDF3_64BIT'))"
	default:
		e.Problem = "this is HDF5, which lacuna does not read"
		e.Remedy = "save the array as .npy, in Python: numpy.save('" + base + ".npy', h5py.File('" + filepath.Base(path) +
			"')['NAME'][()])"
	}
	return nil, e
}
