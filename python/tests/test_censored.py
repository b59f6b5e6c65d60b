"""Values of which limits are known."""

from __future__ import annotations

import unittest

import numpy as np

import lacuna
from common import QUICK, by_command, cube

try:
    import pandas as pd
except ImportError:
    pd = None


def limited() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positive values with NaN below 0.7, and these limits."""
    x = np.exp(cube())
    below = np.where(x < 0.7, 0.7, np.nan)
    return np.where(x < 0.7, np.nan, x), below, np.isnan(x)


class Censored(unittest.TestCase):
    def test_arrays_of_limits(self) -> None:
        x, below, gaps = limited()
        c = lacuna.complete(x, below=below, interval=90, **QUICK)
        censored = ~np.isnan(below)
        self.assertEqual(c.result["censored"], int(censored.sum()))
        self.assertEqual(c.result["filled"], int(gaps.sum()))
        for part in (c.filled, c.low, c.high):
            self.assertTrue((part[censored] <= 0.7).all())
        np.testing.assert_array_equal(c.below, below)
        self.assertTrue((np.isnan(c.above) | censored).all())
        want = by_command(x, "--censored", "--interval", "90", below=below)
        np.testing.assert_array_equal(c.filled, want["values"])
        np.testing.assert_array_equal(c.high, want["lacuna_high"])

    def test_texts_among_values(self) -> None:
        x, below, _ = limited()
        texts = x.astype(object)
        texts[~np.isnan(below)] = "<0.7"
        c = lacuna.complete(texts, censored=True, **QUICK)
        np.testing.assert_array_equal(c.filled, lacuna.complete(x, below=below, **QUICK).filled)
        with self.assertRaisesRegex(TypeError, "no limit such as"):
            texts[0, 0, 0] = "low"
            lacuna.complete(texts, censored=True, **QUICK)

    def test_draws_lie_between_limits(self) -> None:
        x, below, gaps = limited()
        c = lacuna.complete(x, below=below, draws=3, **QUICK)
        censored = ~np.isnan(below)
        for one in c.draws:
            self.assertTrue((one[censored] <= 0.7).all())
        self.assertGreater(float(np.std(np.stack(c.draws)[:, censored], axis=0).min()), 0)

    def test_what_is_wrong_is_refused(self) -> None:
        x, below, _ = limited()
        with self.assertRaisesRegex(ValueError, "below= has 3 numbers"):
            lacuna.complete(x, below=[1, 2, 3], **QUICK)
        with self.assertRaisesRegex(lacuna.InputError, "has the value"):
            lacuna.complete(x, below=0.7, **QUICK)
        with self.assertRaisesRegex(lacuna.InputError, "censored= has no effect"):
            lacuna.complete(x, censored=True, **QUICK)

    @unittest.skipIf(pd is None, "pandas is not installed")
    def test_long_table(self) -> None:
        x, below, _ = limited()
        rows = []
        for cell, value in np.ndenumerate(x):
            text = "<0.7" if not np.isnan(below[cell]) else None if np.isnan(value) else value
            rows.append((*(f"{axis}{k}" for axis, k in zip("abc", cell)), text))
        table = pd.DataFrame(rows, columns=["a", "b", "c", "v"])
        c = lacuna.complete(table, censored=True, **QUICK)
        self.assertEqual(c.result["censored"], int((~np.isnan(below)).sum()))
        self.assertTrue((c.filled["v"][c.below.notna()] <= 0.7).all())
        self.assertEqual(float(c.below.max()), 0.7)


if __name__ == "__main__":
    unittest.main()
