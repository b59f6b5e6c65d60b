from __future__ import annotations

import subprocess
import sys
import unittest
import warnings

import numpy as np
from common import QUICK, cube

import lacuna

try:
    import pandas as pd
    import xarray as xr
except ImportError:
    raise unittest.SkipTest("xarray is not installed") from None


def array() -> xr.DataArray:
    coords = {"time": pd.date_range("2020-01-01", periods=6), "x": [0.5, 1.0, 1.5, 2.0, 2.5]}
    return xr.DataArray(cube(), dims=("time", "x", "site"), coords=coords, name="t", attrs={"units": "K"})


class Arrays(unittest.TestCase):
    def setUp(self) -> None:
        warnings.simplefilter("ignore", lacuna.LacunaWarning)

    def test_array(self) -> None:
        da = array()
        c = da.lacuna.complete(interval=90, **QUICK)
        xr.testing.assert_equal(c.filled.where(da.notnull()), da)
        self.assertFalse(bool(c.filled.isnull().any()))
        self.assertEqual((c.filled.dims, c.filled.attrs, c.filled.name), (da.dims, da.attrs, "t"))
        self.assertEqual(c.filled["time"].dtype, da["time"].dtype)
        self.assertTrue(bool((c.stderr.notnull() == da.isnull()).all()))
        self.assertEqual([m["kind"] for m in c.result["read"]["modes"]][:2], ["date", "number"])
        labels = [da["time"].dt.strftime("%Y-%m-%d").values, ["0.5", "1", "1.5", "2", "2.5"]]
        plain = lacuna.complete(da.values, modes=["time", "x", "site"], labels=labels, **QUICK)
        np.testing.assert_array_equal(c.filled.values, plain.filled)

    def test_either_is_imported_first(self) -> None:
        for order in ("import lacuna, xarray as xr", "import xarray as xr, lacuna"):
            words = [sys.executable, "-c", f"{order}; print(xr.Dataset().lacuna.complete, xr.DataArray(1).lacuna.complete)"]
            self.assertIn("_Accessor", subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        words = [sys.executable, "-c", "import lacuna, sys; print('xarray' in sys.modules)"]
        self.assertIn("False", subprocess.run(words, check=True, capture_output=True, text=True).stdout)

    def test_dataset(self) -> None:
        da = array()
        one = xr.Dataset({"t": da, "height": ("x", np.array([0, 1, np.nan, 3, 4]))})
        c = lacuna.complete(one, **QUICK)
        np.testing.assert_array_equal(c.filled["t"].values, lacuna.complete(da, **QUICK).filled.values)
        xr.testing.assert_equal(c.filled["height"], one["height"])
        two = one.assign(u=(da * 1000 + 5).transpose("site", "x", "time"))
        c = two.lacuna.complete(**QUICK)
        self.assertEqual(c.result["modes"][-1], "variable")
        self.assertEqual(c.filled["u"].dims, ("site", "x", "time"))
        self.assertFalse(bool(c.filled["u"].isnull().any() | c.filled["t"].isnull().any()))
        xr.testing.assert_equal(c.filled["u"].where(two["u"].notnull()), two["u"])
        self.assertIn("height", c.warnings[0])
        with self.assertRaisesRegex(TypeError, "modes= has no effect on xarray"):
            lacuna.complete(two, modes=["a", "b", "c"])


if __name__ == "__main__":
    unittest.main()
