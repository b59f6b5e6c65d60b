"""Tables as users have them: what can be read is read, and what cannot is told with what to do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import lacuna
from common import QUICK, cube, pd, xr


class Foreign:
    """As tables of polars and pyarrow, which numpy would take for an array without names."""

    def to_pandas(self) -> Any: ...

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        return np.zeros((3, 3))


class Odd(unittest.TestCase):
    def setUp(self) -> None:
        warnings.simplefilter("ignore")

    def refused(self, kind: type[Exception], message: str, table: Any, **how: Any) -> None:
        with self.subTest(message), self.assertRaisesRegex(kind, message):
            lacuna.complete(table, **how, **QUICK)

    def test_what_is_no_table(self) -> None:
        self.refused(TypeError, "'table.csv' is a text .* read the file first", "table.csv")
        self.refused(TypeError, "'table.csv' is a text", Path("table.csv"))
        self.refused(TypeError, "a dict is no table: give a numpy array", {"a": 1})
        self.refused(TypeError, "a NoneType is no table", None)
        self.refused(TypeError, "all rows of the same length", [[1, 2], [3]])
        self.refused(TypeError, r"give x\.to_pandas\(\)", Foreign())
        np.testing.assert_allclose(lacuna.complete([[1, 2, 3], [2, 4, None], [3, 6, 9], [4, 8, 12]], **QUICK).filled[1, 2], 6)

    def test_settings(self) -> None:
        x = cube((8, 7))
        self.refused(TypeError, "order='none': give a dict by mode", x, order="none")
        self.refused(TypeError, "period=12: give a dict by mode", x, period=12)
        self.refused(ValueError, "labels of axis 0: entry 1 has no label", x, labels=[[1.0, np.nan, *range(2, 8)], None])
        self.refused(ValueError, "labels of axis 1: the label 0 is there twice, again as entry 3", x, labels=[None, [0, 1, 2, 0, 4, 5, 6]])
        one = lacuna.complete(x, smooth="mode1", **QUICK)
        np.testing.assert_array_equal(one.filled, lacuna.complete(x, smooth=["mode1"], **QUICK).filled)
        x[np.isnan(x)] = -999
        self.assertEqual(int(lacuna.complete(x, missing=-999, **QUICK).was_filled.sum()), int((x == -999).sum()))

    def test_wrong_settings(self) -> None:
        """Each is refused by the package, which names the argument, its value and what is allowed."""
        x = cube((8, 7))
        share, work, count = "a share in percent", "a number above 0, up to 1000", "a whole number from 1 on"
        names, truth = "the name of a mode, or a list of names", "True or False"
        wrong: dict[str, tuple[str, list[Any], list[Any]]] = {  # what is allowed, values of the wrong type, wrong values
            "interval": (share, ["a", True, [90], 1j], [0, 100, -1, np.nan]), "effort": (work, ["x", None, True], [0, -1, np.inf, np.nan, 1001]),
            "seed": ("a whole number from 0 on", [1.5, "x", None, True], [-1, 2**64]), "draws": (count, ["x", 2.5, True, [3]], [0, -1]),
            "rank": ("a number of blocks", ["x", 2.5, [3]], [0, -1]), "threads": ("a whole number from 1 to 4096", ["x", 2.5, True], [-1, 10**9]),
            "max_time": ("seconds", ["1m", [3], True], [0, -1, np.inf, np.nan]), "depth": ("a whole number from 0 on", ["x", 2.5, [1, "a"], {}], [-1]),
            "noise": ("'auto' or the name", [3, None, ["student"]], [""]), "standardise": ("'auto', 'none', 'global'", [3, None], [""]),
            "smooth": (names, [3, None, [3], {"mode1": 1}], []), "missing": ("a number, or a list", ["x", ["a"], None, {}], []),
            "duplicates": ("one of 'mean', 'first', 'last'", [3, True], ["median"]), "report": ("the name of a file", [3, True, []], []),
            "full_grid": (truth, ["no", 1, None], []), "censored": (truth, ["no", 1], []), "nonnegative": (truth, ["no", None], []),
            "yes": (truth, ["no", 1], []), "progress": ("True, False, None or a function", ["x", 3], []),
            "above": ("a number, or an array", ["x", {}], []), "below": ("a number, or an array", ["x", ["y"]], []),
            "modes": ("a list of 2 names", ["ab", 3], [["a"], ["a", "a"], ["a", None], ["", "b"]]),
            "labels": ("a list of 2 at most", ["ab", 3], []),
        }
        for name, (allowed, types, values) in wrong.items():
            for kind, several in ((TypeError, types), (ValueError, values)):
                for value in several:
                    with self.subTest(name, value=value), self.assertRaises(kind) as raised:
                        lacuna.complete(x, **{**QUICK, name: value})
                    self.assertNotIsInstance(raised.exception, lacuna.LacunaError)
                    self.assertIn(f"{name}={value!r}: give {allowed}", str(raised.exception))
        self.refused(ValueError, "labels= has 3 entries", x, labels=[None] * 3)
        self.refused(TypeError, "labels of axis 1: 3 is no list", x, labels=[None, 3])
        self.refused(ValueError, "labels of axis 0: 2 labels for 8 entries", x, labels=[[1, 2], None])
        self.refused(TypeError, r"order\['mode1'\]=None: give one of 'coordinate'", x, order={"mode1": None})
        self.refused(ValueError, r"period\['mode1'\]=-1: give a number above 0", x, period={"mode1": -1})
        self.refused(TypeError, r"period\['mode1'\]=\[2, 'a'\]", x, period={"mode1": [2, "a"]})
        right = lacuna.complete(x, **{**QUICK, "effort": np.float32(0.001), "seed": np.int64(3)}, interval=np.float64(90), period={"mode1": np.int32(3)})
        self.assertEqual(right.status, "finished")

    def test_masks(self) -> None:
        x = cube((12, 8))
        whole = np.ma.masked_array((np.arange(96) % 7).reshape(12, 8), mask=np.isnan(x), fill_value=-999)
        c = lacuna.complete(whole, **QUICK)
        self.assertEqual((c.filled.dtype, c.filled.fill_value, int(np.ma.getmaskarray(c.filled).sum())), (np.float64, -999, 0))
        np.testing.assert_array_equal(np.ma.getmaskarray(c.stderr), ~np.isnan(x))
        np.testing.assert_array_equal(c.filled.data[~np.isnan(x)], whole.data[~np.isnan(x)])

    @unittest.skipIf(pd is None, "pandas is not installed")
    def test_frames(self) -> None:
        x = cube()
        months = pd.date_range("2020-01", periods=6, freq="MS")
        index = pd.MultiIndex.from_product([months, range(5), list("abcd")], names=["m", "r", "s"])
        long = pd.Series(x.reshape(-1), index=index, name="v").reset_index()
        # Rows that were taken out leave numbers with gaps, which are no labels.
        some = long.drop(index=3).iloc[::-1]
        self.assertEqual(lacuna.complete(some, **QUICK).note, "long table: value 'v', modes m, r, s")
        grouped = long.assign(s=pd.Categorical(long["s"], categories=list("dcbaz"), ordered=True), r=long["r"].astype("Int64"))
        c = lacuna.complete(grouped.dropna(), full_grid=True, **QUICK)
        self.assertEqual((len(c.filled), list(c.filled.dtypes)), (120, list(grouped.dtypes)))
        frame = pd.DataFrame(np.round(x[..., 0] * 10)).astype("Int64")
        c = lacuna.complete(frame, layout="wide", **QUICK)
        self.assertEqual(set(map(str, c.filled.dtypes)), {"float64"})
        self.assertFalse(c.filled.isna().any(axis=None))
        self.refused(ValueError, "column '0': row .* give layout='wide'", frame.mask(frame == frame.iloc[0, 0]))
        self.refused(ValueError, "column 'm': row 5 has no label", long.assign(m=long["m"].where(long.index != 5)))
        self.refused(ValueError, "index 'index1': entry 8 has no label",
                     pd.Series(np.arange(16.0), index=pd.MultiIndex.from_product([[1, np.nan], range(8)])))
        self.refused(ValueError, "needs two index columns or more", long, value="v", index="m")
        self.refused(ValueError, "a Series needs a MultiIndex", long["v"])
        self.refused(TypeError, "column 'v' holds bool", long.assign(v=long["v"] > 0))
        self.refused(TypeError, "column 'v' holds boolean", long.assign(v=(long["v"] > 0).astype("boolean")))

    @unittest.skipIf(pd is None or xr is None, "xarray is not installed")
    def test_coordinates(self) -> None:
        time = pd.date_range("2020-01", periods=6, freq="MS")
        da = xr.DataArray(cube(), dims=("time", "x", "s"), coords={"time": time, "lat": ("x", np.arange(5.0))}, attrs={"units": "K"})
        both = lacuna.complete(xr.Dataset({"t": da, "u": da.astype("f4") * 3, "n": ("x", np.arange(5))}, attrs={"a": 1}), **QUICK)
        for part in (both.filled, both.stderr, both.was_filled):
            self.assertEqual((part.attrs, part["t"].attrs, list(part.coords)), ({"a": 1}, {"units": "K"}, ["time", "lat"]))
            np.testing.assert_array_equal(part["time"], time)
        self.assertEqual([both.filled["u"].dtype, both.was_filled["u"].dtype, both.stderr["u"].dtype], [np.float32, bool, np.float64])
        self.refused(ValueError, "coordinate 'x': entry 2 has no label", da.assign_coords(x=[1.0, 2, np.nan, 4, 5]))
        self.refused(ValueError, "coordinate 'x': the label 2 is there twice", da.assign_coords(x=[1.0, 2, 2, 4, 5]))

    def test_masked_whole_numbers(self) -> None:
        x = np.ma.MaskedArray(np.arange(20, dtype=np.int64).reshape(5, 4) ** 2, mask=False)
        x[0, 1] = np.ma.masked
        np.testing.assert_array_equal(lacuna.complete(x, **QUICK).filled[1:], x[1:])
        for offset in (2**60, -(2**60)):
            self.refused(ValueError, "lies beyond 2..53, where floats do not hold every whole number", x + offset)
        lacuna.complete((x + 2**60).astype(float) - 2.0**60 + x, **QUICK)

    @unittest.skipIf(os.name == "nt", "there are no signals")
    def test_terminated(self) -> None:
        """A process that is ended by SIGTERM ends so, and leaves no folder."""
        script = "import numpy as np, lacuna; lacuna.complete(np.where(np.arange(60000) % 7, np.random.randn(60000), np.nan).reshape(40, 30, 50))"
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "TMPDIR": folder}, stderr=subprocess.DEVNULL)
            while not os.listdir(folder) and process.poll() is None:
                time.sleep(0.05)
            process.terminate()
            self.assertEqual(process.wait(), -signal.SIGTERM)
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
