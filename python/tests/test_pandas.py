from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
import warnings
from pathlib import Path

import numpy as np
from common import QUICK, by_command, cube

import lacuna
from lacuna import _binary

try:
    import pandas as pd
except ImportError:
    raise unittest.SkipTest("pandas is not installed") from None


def long_table() -> pd.DataFrame:
    """The cube with a row a cell, in an order of its own, with dates and a column that is no index."""
    x = cube()
    months = pd.date_range("2020-01-01", periods=6, freq="MS")
    index = pd.MultiIndex.from_product([months, range(5), list("abcd")], names=["month", "run", "site"])
    frame = pd.Series(x.reshape(-1), index=index, name="value").reset_index()
    return frame.sample(frac=1, random_state=3).reset_index(drop=True)


class Tables(unittest.TestCase):
    def setUp(self) -> None:
        warnings.simplefilter("ignore", lacuna.LacunaWarning)

    def test_long(self) -> None:
        frame = long_table()
        before = frame.copy()
        c = lacuna.complete(frame, interval=80, **QUICK)
        pd.testing.assert_frame_equal(frame, before)
        pd.testing.assert_frame_equal(c.filled.drop(columns="value"), frame.drop(columns="value"))
        self.assertFalse(c.filled["value"].isna().any())
        pd.testing.assert_index_equal(c.stderr.index, frame.index)
        self.assertTrue((c.stderr.notna() == frame["value"].isna()).all())
        self.assertTrue(((c.low < c.filled["value"]) & (c.filled["value"] < c.high))[frame["value"].isna()].all())
        self.assertEqual(c.result["read"]["modes"][0]["kind"], "date")
        self.assertEqual(c.note, "long table: value 'value', modes month, run, site")

    def test_long_gives_the_command_s_digits(self) -> None:
        frame = long_table()
        coded = {name: pd.factorize(frame[name]) for name in ("month", "run", "site")}
        texts = [coded["month"][1].strftime("%Y-%m-%d"), coded["run"][1].astype(str), coded["site"][1]]
        lists = {f"index_{n}": codes for n, (codes, _) in enumerate(coded.values())}
        names = {f"labels_{n}": np.array(text, dtype=str) for n, text in enumerate(texts)}
        command = by_command(frame["value"].to_numpy(), modes=np.array(list(coded)), **lists, **names)
        np.testing.assert_array_equal(lacuna.complete(frame, **QUICK).filled["value"], command["values"])

    def test_a_csv_file_has_them_to_1e_12(self) -> None:
        frame = long_table()
        c = lacuna.complete(frame, interval=80, **QUICK)
        with tempfile.TemporaryDirectory() as folder:
            source, out = Path(folder, "x.csv"), Path(folder, "filled.csv")
            frame.to_csv(source, index=False, date_format="%Y-%m-%d")
            words = ["complete", source, "-o", out, "--effort", "0.001", "--interval", "80", "--quiet"]
            subprocess.run([_binary.find(), *map(os.fspath, words)], check=True, stderr=subprocess.DEVNULL)
            text = pd.read_csv(out, float_precision="round_trip")
        gap = frame["value"].isna()
        for column, ours in {"value": c.filled["value"], "lacuna_low": c.low, "lacuna_high": c.high}.items():
            np.testing.assert_allclose(text[column][gap], ours[gap], rtol=1e-12)
        np.testing.assert_allclose(text["lacuna_stderr"][gap], c.stderr[gap], rtol=1e-5)

    def test_columns_are_chosen(self) -> None:
        frame = long_table().assign(note="x", other=1.5)
        c = lacuna.complete(frame, value="value", index=["month", "run", "site"], **QUICK)
        self.assertEqual(list(c.filled.columns), list(frame.columns))
        self.assertEqual(c.result["shape"], [6, 5, 4])
        with self.assertRaisesRegex(KeyError, "no column 'valeu'"):
            lacuna.complete(frame, value="valeu")
        with self.assertRaisesRegex(TypeError, "'note' holds object"):
            lacuna.complete(frame, value="note")
        with self.assertRaisesRegex(ValueError, "column 'site': row 3 has no label"):
            lacuna.complete(long_table().assign(site=lambda t: t["site"].mask(t.index == 3)))
        with self.assertRaisesRegex(lacuna.InputError, "duplicates="):
            lacuna.complete(pd.concat([frame, frame.assign(value=5.0)]), value="value", index=["month", "run", "site"])

    def test_full_grid(self) -> None:
        frame = long_table().dropna().sort_values(["month", "run", "site"], ignore_index=True)
        frame = frame[frame["month"] != pd.Timestamp("2020-03-01")].reset_index(drop=True)
        c = lacuna.complete(frame, full_grid=True, **QUICK)
        self.assertEqual(len(c.filled), 6 * 5 * 4)  # the month that no row names, too
        pd.testing.assert_frame_equal(c.filled.iloc[: len(frame)], frame)
        self.assertFalse(c.filled.duplicated(["month", "run", "site"]).any())
        self.assertIn(pd.Timestamp("2020-03-01"), set(c.filled["month"]))
        self.assertTrue((c.was_filled.to_numpy() == (np.arange(len(c.filled)) >= len(frame))).all())

    def test_wide_and_series(self) -> None:
        series = long_table().sort_values(["month", "run", "site"]).set_index(["month", "run", "site"])["value"]
        c = lacuna.complete(series, **QUICK)
        pd.testing.assert_index_equal(c.filled.index, series.index)
        for levels in (["site"], ["run", "site"]):
            wide = series.unstack(levels)
            w = lacuna.complete(wide, **QUICK)
            pd.testing.assert_index_equal(w.filled.index, wide.index)
            pd.testing.assert_index_equal(w.filled.columns, wide.columns)
            self.assertFalse(w.filled.isna().any(axis=None))
            self.assertEqual(w.result["order"], 3)
            np.testing.assert_allclose(w.filled.stack(levels).sort_index(), c.filled.sort_index(), rtol=1e-12)
        matrix = series.xs("a", level="site").unstack("run")
        m = lacuna.complete(matrix, **QUICK)
        self.assertEqual(m.note, "wide table: modes month, run")
        self.assertEqual(m.filled.shape, matrix.shape)

    def test_kinds_of_columns(self) -> None:
        frame = long_table()
        want = lacuna.complete(frame, **QUICK).filled["value"]
        kinds = frame.assign(site=frame["site"].astype("category"), value=frame["value"].astype("Float64"))
        np.testing.assert_array_equal(lacuna.complete(kinds, **QUICK).filled["value"].astype(float), want)


if __name__ == "__main__":
    unittest.main()
