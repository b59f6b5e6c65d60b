"""Joint draws of the filled values."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest

import numpy as np

import lacuna
from common import QUICK, cube
from lacuna import _binary


class Draws(unittest.TestCase):
    def test_are_those_of_the_command(self) -> None:
        x = cube()
        c = lacuna.complete(x, draws=4, **QUICK)
        assert c.draws is not None
        with tempfile.TemporaryDirectory() as folder:
            source, drawn = os.path.join(folder, "x.npz"), os.path.join(folder, "drawn.npz")
            np.savez(source, values=x)
            subprocess.run(
                [_binary.find(), "complete", source, "-o", drawn, "--draws", "4", "--effort", "0.001", "--quiet"],
                check=True, stderr=subprocess.DEVNULL,
            )
            with np.load(drawn) as archive:
                np.testing.assert_array_equal(np.stack(c.draws), archive["values"])
        gaps = np.isnan(x)
        self.assertTrue((c.draws[0][~gaps] == x[~gaps]).all())
        self.assertGreater(float(np.std(np.stack(c.draws)[:, gaps], axis=0).min()), 0)
        np.testing.assert_array_equal(c.filled, lacuna.complete(x, **QUICK).filled)

    def test_axes_of_one_and_labels_out_of_order(self) -> None:
        x = cube((6, 5, 4))
        labels = [[str(k) for k in (5, 3, 1, 0, 2, 4)], None, None]
        plain = lacuna.complete(x, labels=labels, draws=2, **QUICK)
        thick = lacuna.complete(x[:, None], labels=[labels[0], None, None, None], modes=["mode1", "one", "mode2", "mode3"],
                                draws=2, **QUICK)
        assert plain.draws and thick.draws
        self.assertEqual(thick.draws[1].shape, (6, 1, 5, 4))
        np.testing.assert_array_equal(plain.draws[1], thick.draws[1][:, 0])
        gaps = np.isnan(x)
        # Draws scatter about what was filled in, each about its own cell.
        many = np.stack(lacuna.complete(x, labels=labels, draws=60, **QUICK).draws or [])
        far = np.abs(many[:, gaps].mean(axis=0) - plain.filled[gaps]) / plain.stderr[gaps]
        self.assertLess(float(np.median(far)), 1)

    def test_long_tables(self) -> None:
        try:
            import pandas as pd
        except ImportError:
            self.skipTest("pandas is not installed")
        x = cube((6, 5, 4))
        cells = np.argwhere(~np.isnan(x))
        long = pd.DataFrame({"a": cells[:, 0], "b": cells[:, 1], "c": cells[:, 2], "value": x[~np.isnan(x)]})
        c = lacuna.complete(long, value="value", full_grid=True, draws=3, **QUICK)
        assert c.draws is not None
        for table in c.draws:
            self.assertEqual(list(table.columns), list(long.columns))
            self.assertEqual(len(table), x.size)
            pd.testing.assert_frame_equal(table.iloc[: len(long)], long)
            pd.testing.assert_frame_equal(table[["a", "b", "c"]], c.filled[["a", "b", "c"]])
        self.assertFalse(c.draws[0].equals(c.draws[1]))

    def test_nothing_to_fill(self) -> None:
        x = np.nan_to_num(cube())
        c = lacuna.complete(x, draws=2, **QUICK)
        assert c.draws is not None
        self.assertEqual([(one == x).all() for one in c.draws], [True, True])

    def test_faults(self) -> None:
        with self.assertRaisesRegex(ValueError, "draws=0"):
            lacuna.complete(cube(), draws=0, **QUICK)
