package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestFormatsOfOthers lets the libraries that people have write tables in every form and read what complete makes of
// them. FORMATS_PYTHON names another interpreter than the system's, which has the
// libraries of its distribution.
func TestFormatsOfOthers(t *testing.T) {
	long(t)
	python, err := exec.LookPath(cmp.Or(os.Getenv("FORMATS_PYTHON"), "/usr/bin/python3"))
	if err != nil || exec.Command(python, "-c", "import netCDF4, openpyxl, pandas, scipy, xarray").Run() != nil {
		t.Skip("python3 with pandas, xarray, netcdf4, scipy and openpyxl is not installed")
	}
	binary := filepath.Join(t.TempDir(), "lacuna")
	if output, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	output, err := exec.Command(python, "-B", "-W", "ignore", filepath.Join("..", "..", "tools", "formats.py"), binary).CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Error(err)
	}
}
