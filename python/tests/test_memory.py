"""What a completion holds beside the table that it was given."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
import unittest
import warnings
from typing import Any

import numpy as np

import lacuna
from common import QUICK, cube, pd, xr

PARTS = ("filled", "stderr", "was_filled", "low", "high")


def tables(x: np.ndarray[Any, Any]) -> dict[str, tuple[Any, int]]:
    """The same cells in every type, and how many bytes they take there."""
    out: dict[str, tuple[Any, int]] = {
        "array": (x, x.nbytes), "turned": (np.asfortranarray(x), x.nbytes), "apart": (np.repeat(x, 2, axis=0)[::2], x.nbytes),
        "masked": (np.ma.masked_invalid(x), x.nbytes + x.size),
    }
    if pd is not None:
        index = pd.MultiIndex.from_product([range(d) for d in x.shape], names=list("abc"))
        series = pd.Series(x.reshape(-1), index=index, name="v")
        long = series.reset_index()
        wide = series.unstack("c")
        out |= {
            "long": (long, int(long.memory_usage().sum())), "wide": (wide, x.nbytes), "series": (series, x.nbytes),
            "mixed": (wide.astype({wide.columns[0]: np.float32}), x.nbytes),
        }
    if xr is not None:
        out["xarray"] = xr.DataArray(x), x.nbytes
        out["dataset"] = xr.Dataset({f"v{k}": (("a", "b"), x[:, :, k]) for k in range(x.shape[2])}), x.nbytes
    return out


def bare(part: Any) -> np.ndarray[Any, Any]:
    if xr is not None and isinstance(part, xr.Dataset):
        part = part.to_array()
    return np.ma.filled(part, np.nan) if isinstance(part, np.ma.MaskedArray) else np.asarray(part)


class Memory(unittest.TestCase):
    def setUp(self) -> None:
        warnings.simplefilter("ignore")

    def test_a_call_takes_less_than_twice_the_table(self) -> None:
        for name, (table, size) in tables(cube((60, 50, 60))).items():
            with self.subTest(name):
                tracemalloc.start()
                before, _ = tracemalloc.get_traced_memory()
                lacuna.complete(table, rank=1, noise="gaussian", interval=90, max_time=0.5, **QUICK)
                _, peak = tracemalloc.get_traced_memory()
                tracemalloc.stop()
                self.assertLess((peak - before) / size, 2)

    def test_what_was_pickled_and_copied_is_the_same(self) -> None:
        for name, (table, _) in tables(cube()).items():
            c = lacuna.complete(table, interval=90, **QUICK)
            for again in (pickle.loads(pickle.dumps(c)), copy.deepcopy(c)):
                for part in PARTS:
                    with self.subTest(name, part=part):
                        self.assertIs(type(getattr(again, part)), type(getattr(c, part)))
                        np.testing.assert_array_equal(bare(getattr(again, part)), bare(getattr(c, part)))
                self.assertEqual((again.above, again.result, repr(again)), (None, c.result, repr(c)))

    def test_what_is_asked_for_late_is_of_the_cells_as_they_were(self) -> None:
        for name, (table, _) in tables(cube()).items():
            with self.subTest(name):
                early, late = (lacuna.complete(table, **QUICK) for _ in range(2))
                want, flags = bare(early.stderr), bare(early.was_filled)
                if pd is not None and isinstance(late.filled, (pd.DataFrame, pd.Series)):
                    late.filled.sort_index(ascending=False, inplace=True)
                else:
                    bare(late.filled)[:] = 0
                np.testing.assert_array_equal(bare(late.stderr), want)
                self.assertEqual(bare(late.was_filled).dtype, bool)
                np.testing.assert_array_equal(bare(late.was_filled), flags)
                np.testing.assert_array_equal(~np.isnan(want), flags)


if __name__ == "__main__":
    unittest.main()
