"""What newcomers run into: alike names, packed files, other people's commands, interrupts of their own."""

from __future__ import annotations

import os
import sys
import tempfile
import unittest
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from common import QUICK, cube, pd, xr

import lacuna
from lacuna import _binary, _command


def surprise(c: lacuna.Completion[Any]) -> float:
    """How far the mean of the draws lies from what was filled, in standard errors: little, unless cells were confused."""
    stderr, flags = np.asarray(c.stderr, dtype=float), np.asarray(c.was_filled, dtype=bool)
    assert c.draws
    mean = np.mean([np.asarray(draw, dtype=float) for draw in c.draws], axis=0)
    return float(np.max(np.abs((mean - np.asarray(c.filled, dtype=float)) / stderr)[flags]))


class Names(unittest.TestCase):
    def setUp(self) -> None:
        warnings.simplefilter("ignore")

    def test_draws_are_of_their_own_cells(self) -> None:
        """Axes of length 1 are no modes, and modes of one name are two."""
        self.assertLess(surprise(lacuna.complete(cube()[:, None], draws=30, **QUICK)), 1.5)
        if pd is None:
            return
        for rows, columns in ((8, 8), (8, 6)):
            frame = pd.DataFrame(
                cube((rows, columns)), index=pd.Index(list("abcdefgh")[:rows], name="country"),
                columns=pd.Index(list("hgfedcba")[:columns], name="country"),
            )
            c = lacuna.complete(frame, draws=30, order={"country (2)": "appearance"}, **QUICK)
            self.assertEqual(c.result["modes"], ["country", "country (2)"])
            self.assertLess(surprise(c), 1.5)

    def test_names_of_modes_have_any_sign(self) -> None:
        x = cube((8, 7))
        c = lacuna.complete(x, modes=["a=b, c", 'd "e"'], order={"a=b, c": "appearance"}, period={"a=b, c": 4}, smooth='d "e"', **QUICK)
        self.assertEqual(c.result["read"]["modes"][0]["order"], "appearance")

    @unittest.skipIf(pd is None, "pandas is not installed")
    def test_labels_of_pandas(self) -> None:
        frame = pd.DataFrame(cube((8, 7)))
        with self.assertRaisesRegex(ValueError, "index 'row': 1 and '1' are both written 1"):
            lacuna.complete(frame.set_axis([1, "1", 2, 3, 4, 5, 6, 7]), **QUICK)
        weeks = lacuna.complete(frame.set_axis(pd.period_range("2020-01-06", periods=8, freq="W")), **QUICK)
        self.assertEqual(weeks.result["read"]["modes"][0]["unit"], "day")
        self.assertTrue(weeks.filled.index.equals(pd.period_range("2020-01-06", periods=8, freq="W")))
        noon = pd.date_range("2020-03-26 12:00", periods=8, freq="D", tz="Europe/Berlin")
        long = frame.set_axis(noon).rename_axis("day").melt(ignore_index=False).reset_index()
        some = long[long["day"] != noon[3]].dropna()
        for c in (lacuna.complete(some.set_index(["day", "variable"])["value"], full_grid=True, **QUICK), lacuna.complete(some, full_grid=True, **QUICK)):
            read = c.result["read"]["modes"][0]
            self.assertEqual((read["step"], read["unit"], read["added_labels"]), (1, "day", 1))  # 29 March has 23 hours
        self.assertEqual((c.filled["day"].dtype, set(c.filled["day"])), (long["day"].dtype, set(noon)))
        steps = lacuna.complete(frame.to_numpy(), labels=[np.arange(8).astype("m8[D]"), None], **QUICK)
        self.assertEqual(steps.result["read"]["modes"][0]["kind"], "number")
        c = lacuna.complete(long, index=long.columns[:2], **QUICK)
        self.assertEqual(c.note, "long table: value 'value', modes day, variable")
        for empty in (pd.DataFrame(columns=["a", "b", "v"]), pd.DataFrame({"a": [], "v": []})):
            with self.assertRaisesRegex(ValueError, "the table has no rows"):
                lacuna.complete(empty)


    @unittest.skipIf(pd is None, "pandas is not installed")
    def test_a_column_of_labels_beside_measurements(self) -> None:
        """As a file of the same table is refused: only the last column has gaps, so that the others could be labels."""
        x = cube((12, 4), gaps=0)
        x[::3, 3] = np.nan
        frame = pd.DataFrame(x, columns=list("abcd"))
        frame.insert(0, "date", pd.date_range("2020", periods=12))
        with self.assertRaisesRegex(ValueError, r"column 'date': every row has a label of its own.*give x.set_index\(\['date'\]\)"):
            lacuna.complete(frame, **QUICK)
        with self.assertRaisesRegex(ValueError, r"column 'a': row 3 has no label.*give x.set_index\(\['date'\]\)"):
            lacuna.complete(frame.assign(a=frame["a"].where(frame.index != 3)), **QUICK)
        with self.assertRaisesRegex(TypeError, r"value=\['a', 'b'\]: give one column; for several, set_index"):
            lacuna.complete(frame, value=["a", "b"], **QUICK)
        self.assertEqual(lacuna.complete(frame, yes=True, **QUICK).note, "long table: value 'd', modes date, a, b, c")
        self.assertEqual(lacuna.complete(frame.set_index(["date"]), **QUICK).result["shape"], [12, 4])


    @unittest.skipIf(pd is None, "pandas is not installed")
    def test_a_grid_of_coordinates(self) -> None:
        lat, lon = np.meshgrid(np.arange(8) / 2, np.arange(7) / 4, indexing="ij")
        grid = pd.DataFrame({"lat": lat.ravel(), "lon": lon.ravel(), "t": cube((8, 7)).ravel()})
        self.assertEqual(lacuna.complete(grid, **QUICK).note, "long table: value 't', modes lat, lon")
        self.assertEqual(lacuna.complete(pd.DataFrame(cube((8, 7))), **QUICK).note, "wide table: modes row, column")
        ratings = pd.DataFrame(np.round(cube((40, 5), gaps=0.1)))  # few values, but gaps among them
        self.assertEqual(lacuna.complete(ratings, **QUICK).note, "wide table: modes row, column")


class Types(unittest.TestCase):
    def setUp(self) -> None:
        warnings.simplefilter("ignore", lacuna.LacunaWarning)

    @unittest.skipIf(pd is None, "pandas is not installed")
    def test_what_pandas_keeps_beside_the_numbers(self) -> None:
        x = cube((8, 7))
        frame = pd.DataFrame(x, index=list("abcdefgh"))
        frame.attrs = {"source": "x"}
        series = frame.melt(ignore_index=False).set_index("variable", append=True)["value"]
        series.attrs = {"source": "y"}
        self.assertEqual(lacuna.complete(frame, **QUICK).filled.attrs, {"source": "x"})
        self.assertEqual(lacuna.complete(series, **QUICK).filled.attrs, {"source": "y"})
        nullable = pd.DataFrame(x).astype("Float64").to_numpy()  # objects, among them pandas.NA
        np.testing.assert_array_equal(lacuna.complete(nullable, **QUICK).filled, lacuna.complete(x, **QUICK).filled)

    @unittest.skipIf(xr is None, "xarray is not installed")
    def test_errors_are_not_packed_as_values_are(self) -> None:
        packed = {"dtype": "int16", "scale_factor": 0.1, "add_offset": 280.0, "_FillValue": -999}
        da = xr.DataArray(cube(), dims=("time", "variable", "x"), name="t")
        da.encoding = dict(packed)
        one, both = lacuna.complete(da, interval=90, **QUICK), lacuna.complete(xr.Dataset({"t": da, "u": da * 2}), **QUICK)
        self.assertEqual((one.filled.encoding, both.filled["t"].encoding), (packed, packed))
        for part in (one.stderr, one.was_filled, one.low, both.stderr["t"], both.was_filled["t"]):
            self.assertEqual(part.encoding, {})
        self.assertEqual(both.result["modes"][1:], ["variable", "x", "variable (2)"])

    @unittest.skipIf(xr is None, "xarray is not installed")
    def test_calendars(self) -> None:
        try:
            import cftime  # noqa: F401
        except ImportError:
            self.skipTest("cftime is not installed")
        for freq, kind in (("D", "number"), ("MS", "date")):
            time = xr.cftime_range("2020-02-20", periods=15, freq=freq, calendar="360_day")
            c = lacuna.complete(xr.DataArray(cube((15, 5)), dims=("time", "x"), coords={"time": time}), **QUICK)
            read = c.result["read"]["modes"][0]
            self.assertEqual((read["kind"], read["order"], read["step"]), (kind, "coordinate", 1))
            self.assertTrue(c.filled.indexes["time"].equals(time))

    @unittest.skipIf(xr is None, "xarray is not installed")
    def test_what_of_a_dataset_is_not_filled(self) -> None:
        t = xr.DataArray(cube(), dims=("a", "b", "c"))
        other = xr.Dataset({"t": t, "u": t[0], "whole": ("b", np.arange(5.0)), "name": ("b", list("abcde"))})
        with self.assertWarnsRegex(lacuna.LacunaWarning, "not filled, since their dimensions are others: u;"):
            c = lacuna.complete(other, **QUICK)
        self.assertIn("u;", c.warnings[0])

    def test_limits_have_the_shape_of_the_values(self) -> None:
        x = cube()
        above = np.where(np.isnan(x), 0, np.nan)
        with self.assertRaisesRegex(ValueError, r"above= has the shape \(4, 5, 6\), and the values have \(6, 5, 4\)"):
            lacuna.complete(x, above=above.T, **QUICK)
        if xr is not None:
            da = xr.DataArray(x, dims=("a", "b", "c"))
            limits = xr.DataArray(above, dims=("a", "b", "c")).transpose("c", "a", "b")
            np.testing.assert_array_equal(lacuna.complete(da, above=limits, **QUICK).filled, lacuna.complete(x, above=above, **QUICK).filled)


class Commands(unittest.TestCase):
    def test_commands_that_are_none(self) -> None:
        with tempfile.TemporaryDirectory(prefix="lacuna ü ") as folder:
            text, silent = Path(folder, "text"), Path(folder, "silent")
            text.write_text("text")
            silent.write_text(f"#!{sys.executable}\nimport sys\nsys.stdin.buffer.read()\n")
            silent.chmod(0o755)
            for path, message in ((text, "cannot be run"), (silent, "gave no result: it is not lacuna")):
                with self.subTest(message), mock.patch.dict(os.environ, {_binary.VARIABLE: str(path)}), \
                        self.assertRaisesRegex(lacuna.LacunaError, message):
                    lacuna.complete(cube(), **QUICK)

    def test_what_a_listener_raises_ends_the_command(self) -> None:
        def listen(event: dict[str, Any]) -> None:
            raise KeyError("mine")

        with self.assertRaisesRegex(KeyError, "mine"):
            lacuna.complete(cube((40, 30)), progress=listen, effort=1000, threads=1)

    def test_warnings_of_draws_leave_the_filters_alone(self) -> None:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            c = lacuna.complete(cube((8, 7)), draws=2, max_time=1e-12, threads=1)
        self.assertEqual([str(one.message) for one in seen], c.warnings)


    def test_warnings_name_the_line_that_called(self) -> None:
        x = cube((8, 7))
        calls: list[Any] = [lambda: lacuna.complete(x, max_time=1e-12, threads=1), lambda: lacuna.train(x, blocks=4, sigma_w=100, threads=1)]
        if xr is not None:
            calls += [lambda: xr.DataArray(x).lacuna.complete(max_time=1e-12, threads=1),
                      lambda: xr.Dataset({"x": (("a", "b"), x), "y": ("a", x[:, 0])}).lacuna.complete(**QUICK)]
        for k, one in enumerate(calls):
            with self.subTest(k), warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                one()
                self.assertEqual({w.filename for w in seen if w.category is lacuna.LacunaWarning}, {__file__})

    def test_threads_at_once(self) -> None:
        """Filters of warnings are those of all threads: nobody changes them meanwhile, and everybody gets an answer."""
        try:
            from sklearn.base import clone
        except ImportError:
            self.skipTest("scikit-learn is not installed")
        imputer, start, meanwhile = lacuna.TensorImputer(effort=0.001, threads=1), _command._start, []

        def remember(command: list[str]) -> Any:
            meanwhile.append(list(warnings.filters))
            return start(command)

        before = list(warnings.filters)
        with ThreadPoolExecutor(4) as pool, mock.patch.object(_command, "_start", remember):
            several = list(pool.map(lambda _: clone(imputer).fit(cube((9, 7))).completion_.filled, range(4)))
        for one in several[1:]:
            np.testing.assert_array_equal(one, several[0])
        self.assertEqual([*meanwhile, list(warnings.filters)], [before] * 5)


class Training(unittest.TestCase):
    def test_states_go_in_and_come_out(self) -> None:
        x, how = cube(gaps=0.5), {"threads": 1, "integrator": "gd", "rate": 0.01}
        start = lacuna.train(x, depth=1, blocks=8, sigma_w=0.5, sigma_a=0.5, max_evaluations=1, state=True, **how).state
        assert start
        self.assertEqual([start["w_1"].shape, start["A_1"].shape], [(8, 5), (8, 1, 5, 5)])
        half = lacuna.train(x, start=start, max_evaluations=51, state=True, **how)
        assert half.state
        whole, again = (lacuna.train(x, start=s, max_evaluations=n, state=True, **how) for s, n in ((start, 101), (half.state, 51)))
        assert whole.state and again.state
        for name in ("w_0", "A_2"):
            np.testing.assert_array_equal(whole.state[name], again.state[name])
            self.assertFalse(np.array_equal(whole.state[name], start[name]))
        with self.assertRaisesRegex(TypeError, "start is a list: give the name of a start, or a dict"):
            lacuna.train(x, start=[start["w_0"]])
        for wrong, message in (({"w_0": start["w_0"]}, "^start=: there is no array w_1: a start is what state=True gives"),
                               ({**start, "w_1": start["w_1"] * np.nan}, "^start=: number 1 of w_1 is NaN")):
            with self.assertRaisesRegex(lacuna.InputError, message):
                lacuna.train(x, start=wrong)

    def test_runs_without_blocks_and_without_an_end(self) -> None:
        run = lacuna.train(cube(), model="tucker", max_evaluations=20, threads=1)
        self.assertEqual((run.factors, run.shallow.shape[1]), (None, 0))
        self.assertGreater(run.deep.shape[1], 0)
        start = {f"w_{n}": np.full((2, d), 1e150) for n, d in enumerate((6, 5, 4))}
        with self.assertWarnsRegex(lacuna.LacunaWarning, "the run ended without an answer"):
            run = lacuna.train(cube(), start=start, threads=1)
        self.assertIn("diverged", repr(run))
        self.assertIn("without an answer", run.warnings[-1])


if __name__ == "__main__":
    unittest.main()
