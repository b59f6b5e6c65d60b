from __future__ import annotations

import os
import tempfile
import unittest
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from common import QUICK, by_command, cube

import lacuna
from lacuna import _binary, _command


class Arrays(unittest.TestCase):
    def setUp(self) -> None:
        warnings.simplefilter("ignore", lacuna.LacunaWarning)

    def test_the_digits_are_the_commands(self) -> None:
        x = cube()
        c, command = lacuna.complete(x, interval=90, **QUICK), by_command(x, "--interval", "90")
        for ours, theirs in (
            (c.filled, "values"), (c.stderr, "lacuna_stderr"), (c.low, "lacuna_low"), (c.high, "lacuna_high"),
            (c.was_filled, "lacuna_filled"),
        ):
            np.testing.assert_array_equal(ours, command[theirs])
        np.testing.assert_array_equal(c.was_filled, np.isnan(x))
        np.testing.assert_array_equal(c.filled[~np.isnan(x)], x[~np.isnan(x)])
        self.assertTrue(np.all(c.stderr[np.isnan(x)] > 0) and np.isnan(c.stderr[~np.isnan(x)]).all())
        self.assertEqual(c.status, "finished")
        self.assertLess(c.held_out_nrmse, 0.5)

    def test_factors_without_negative_entries(self) -> None:
        x = np.abs(cube((8, 7), 0))
        x[2, 3] = x[5, 1] = np.nan
        c = lacuna.complete(x, nonnegative=True, **QUICK)
        self.assertTrue(c.factors is not None and all(np.all(f >= 0) for f in c.factors.arrays))
        self.assertTrue(np.all(c.filled >= 0))

    def test_order_of_memory_and_type_stay(self) -> None:
        x = cube()
        want = lacuna.complete(x, **QUICK).filled
        np.testing.assert_array_equal(lacuna.complete(np.asfortranarray(x), **QUICK).filled, want)
        np.testing.assert_array_equal(lacuna.complete(x.byteswap().newbyteorder(), **QUICK).filled, want)
        np.testing.assert_array_equal(lacuna.complete(np.repeat(x, 2, axis=0)[::2], **QUICK).filled, want)
        single = lacuna.complete(x.astype(np.float32), **QUICK).filled
        self.assertEqual(single.dtype, np.float32)
        np.testing.assert_array_equal(lacuna.complete(x.astype(object), **QUICK).filled, want)

    def test_masks(self) -> None:
        x = cube()
        masked = np.ma.masked_invalid(x)
        masked.data[masked.mask] = 99
        c = lacuna.complete(masked, **QUICK)
        self.assertIsInstance(c.filled, np.ma.MaskedArray)
        self.assertEqual(int(np.ma.getmaskarray(c.filled).sum()), 0)
        np.testing.assert_array_equal(c.filled.data, lacuna.complete(x, **QUICK).filled)
        np.testing.assert_array_equal(c.stderr.mask, ~np.isnan(x))
        self.assertEqual(masked.data[masked.mask][0], 99)

    def test_names_and_labels(self) -> None:
        labels = [["2020-06", "2020-05", "2020-04", "2020-03", "2020-02", "2020-01"], None, list("abcd")]
        c = lacuna.complete(cube(), modes=["month", "run", "site"], labels=labels, **QUICK)
        assert c.factors
        self.assertEqual(c.result["modes"], ["month", "run", "site"])
        self.assertEqual(c.result["read"]["modes"][0]["kind"], "year and month")
        self.assertEqual(c.factors.labels[0], labels[0][::-1])
        self.assertEqual([a.shape for a in c.factors.arrays], [(d, len(c.factors.norms)) for d in (6, 5, 4)])

    def test_nothing_to_fill(self) -> None:
        x = cube(gaps=0)
        c = lacuna.complete(x, **QUICK)
        np.testing.assert_array_equal(c.filled, x)
        self.assertTrue(np.isnan(c.stderr).all() and not c.was_filled.any())
        self.assertEqual(c.status, "nothing-to-fill")
        self.assertIn("nothing to fill", repr(c))

    def test_the_report_s_head(self) -> None:
        c = lacuna.complete(cube(), modes=["a<b", "c", "d"], **QUICK)
        self.assertIn("a&lt;b (6)", c._repr_html_())
        self.assertNotIn("a<b", c._repr_html_())
        self.assertIn("known cells that were hidden", repr(c))

    def test_faults_are_told_in_python_s_words(self) -> None:
        x = cube()
        x[0, 0, 0] = np.inf
        with self.assertRaisesRegex(lacuna.InputError, "^element .*finite number"):
            lacuna.complete(x, **QUICK)
        with self.assertRaisesRegex(ValueError, "interval= 0.9.*did you mean 90"):
            lacuna.complete(cube(), interval=0.9)
        with self.assertRaisesRegex(lacuna.InputError, "choose one of month, run, site") as caught:
            lacuna.complete(cube(), modes=["month", "run", "site"], smooth=["day"], **QUICK)
        self.assertEqual(caught.exception.code, 2)
        for wrong, message in ((np.array(["a", "b"]), "astype"), (np.zeros((2, 2), complex), "complex"),
                               (np.zeros((2, 2), bool), "bool")):
            with self.assertRaisesRegex(TypeError, message):
                lacuna.complete(wrong)
        with self.assertRaisesRegex(TypeError, "layout= has no effect"):
            lacuna.complete(cube(), layout="long")

    def test_warnings_are_told(self) -> None:
        with self.assertWarns(lacuna.LacunaWarning):
            c = lacuna.complete(cube(), max_time=1e-3, threads=1)
        self.assertEqual(c.status, "time-limit")
        self.assertTrue(any("time limit" in text for text in c.warnings))

    def test_progress_and_report(self) -> None:
        seen: list[dict[str, Any]] = []
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "report.html")
            lacuna.complete(cube(), progress=seen.append, report=page, **QUICK)
            self.assertIn("<html", page.read_text())
        self.assertEqual(seen[-1]["event"], "progress")
        self.assertTrue(all(a["done"] <= b["done"] for a, b in zip(seen[1:], seen[2:])))

    def test_an_interrupt_ends_the_command(self) -> None:
        started: list[int] = []
        popen = _command.subprocess.Popen

        def remember(*arguments: Any, **named: Any) -> Any:
            process = popen(*arguments, **named)
            started.append(process)
            return process

        with mock.patch.object(_command.subprocess, "Popen", remember), \
                mock.patch.object(_command, "_feed", side_effect=KeyboardInterrupt), \
                self.assertRaises(KeyboardInterrupt):
            lacuna.complete(cube(), **QUICK)
        self.assertIsNotNone(started[0].poll())

    def test_the_binary(self) -> None:
        with mock.patch.dict(os.environ, {_binary.VARIABLE: "/nowhere/lacuna"}), \
                self.assertRaisesRegex(FileNotFoundError, "LACUNA_BINARY names /nowhere/lacuna"):
            lacuna.complete(cube())
        with mock.patch.object(_command, "INTERFACE", 99), self.assertRaisesRegex(lacuna.LacunaError, "version 1 .* version 99"):
            lacuna.complete(cube(), **QUICK)


class Runs(unittest.TestCase):
    def test_train(self) -> None:
        x = cube(gaps=0.3)
        run = lacuna.train(x, depth=1, blocks=6, threads=1, max_evaluations=60, standardise="global")
        self.assertEqual(run.status, "evaluation-limit")
        self.assertEqual(run.deep.shape, run.shallow.shape)
        np.testing.assert_array_equal(run.trajectory["deep_2"], run.deep[:, 1])
        self.assertEqual(run.result["observed"], int(np.isfinite(x).sum()))
        self.assertEqual(run.trajectory["evaluations"].dtype, np.int64)
        self.assertEqual(len(run.factors.arrays), 3)
        again = lacuna.train(x, depth=1, blocks=6, threads=1, max_evaluations=60, standardise="global")
        np.testing.assert_array_equal(again.deep, run.deep)

    def test_settings(self) -> None:
        with self.assertRaisesRegex(lacuna.InputError, "depthh"):
            lacuna.train(cube(), depthh=1)
        with self.assertRaisesRegex(TypeError, "either a table"):
            lacuna.train()
        run = lacuna.train(synthetic="5x4x3", true_rank=1, depth=[1, 2, 1], blocks=5, max_evaluations=30, threads=1)
        self.assertEqual(run.result["shape"], [5, 4, 3])


if __name__ == "__main__":
    unittest.main()
