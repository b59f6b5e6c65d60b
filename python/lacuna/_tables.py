"""What a table is to the command, and how what comes back becomes the user's type again."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Sequence

import numpy as np

from lacuna import _labels, _limits, _settings

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]


@dataclass
class Table:
    """A table as the command takes it: an array whose axes are the modes, or with index a list of cells.

    restore makes an object of the user's type of the filled values, and of the index and the labels of the cells that a full
    grid adds. like gives, for an object that restore made, a function that makes other numbers of its cells the same type; it
    holds on to none of the object's own numbers.
    """

    values: Array
    modes: list[str]
    labels: list[Sequence[str] | None]
    restore: Callable[[Array, Arrays], Any]
    like: Callable[[Any], Callable[[Array], Any]]
    index: list[Array] | None = None
    mask: Array | None = None
    note: str = ""
    warnings: list[str] = field(default_factory=list)
    above: Array | None = None  # limits of the values, NaN where there is none
    below: Array | None = None

    def arrays(self) -> Arrays:
        """The members of the archive that the command reads."""
        out: Arrays = {"values": numbers(self.values)}
        if self.mask is not None:
            out["mask"] = self.mask
        if self.above is not None and self.below is not None:
            out["above"], out["below"] = self.above, self.below
        for n, column in enumerate(self.index or []):
            out[f"index_{n}"] = column
        if self.modes:
            out["modes"] = np.array(self.modes, dtype=np.str_)
        for n, labels in enumerate(self.labels):
            if labels is not None:
                out[f"labels_{n}"] = np.array(labels, dtype=np.str_)
        return out

    def forget(self) -> None:
        """Let go of what only arrays needs."""
        self.values, self.mask, self.above, self.below = np.empty(0), None, None, None
        self.index = None if self.index is None else []

    def censor(self, above: Any, below: Any) -> None:
        """Take limits from texts among the values, and those that are given beside them, where the value is NaN."""
        if self.values.dtype.kind in "OUS":
            self.values, self.above, self.below = _limits.split(self.values.astype(object))
        else:
            self.above, self.below = (np.full(self.values.shape, np.nan) for _ in range(2))
        if above is not None:
            self.above = np.fmax(self.above, _limits.like(self._turned(above), self.values.shape, "above"))
        if below is not None:
            self.below = np.fmin(self.below, _limits.like(self._turned(below), self.values.shape, "below"))

    def _turned(self, limits: Any) -> Any:
        """An array of xarray with its dimensions in the order of the modes."""
        same = sorted(map(str, getattr(limits, "dims", ()))) == sorted(self.modes)
        return limits.transpose(*self.modes) if same and self.modes else limits


def numbers(values: Array) -> Array:
    """The array as numbers that the command reads, without a copy where they are."""
    if values.dtype.kind in "iu" or values.dtype in (np.float16, np.float32, np.float64):
        return values
    if values.dtype.kind == "O" or values.dtype.kind == "f":
        try:
            return _of_objects(values)
        except (TypeError, ValueError) as error:
            raise TypeError(f"the values are no numbers ({error}): convert them with astype(float)") from None
    raise TypeError(f"values of type {values.dtype} cannot be filled: convert them with astype(float)")


def _of_objects(values: Array) -> Array:
    try:
        return values.astype(np.float64)
    except TypeError:
        pass  # there may be gaps among them that numpy does not know
    flat = (np.nan if _limits.is_gap(value) else value for value in values.reshape(-1))
    return np.fromiter(flat, np.float64, values.size).reshape(values.shape)


def unlike(names: Sequence[str]) -> list[str]:
    """Names of modes, of which no two are alike.

    >>> unlike(["country", "year", "country"])
    ['country', 'year', 'country (2)']
    """
    unique: list[str] = []
    for name in names:
        others = (f"{name} ({k})" for k in range(2, len(names) + 2))
        unique.append(name if name not in unique else next(other for other in others if other not in [*unique, *names]))
    return unique


def _masked(numbers: Array) -> Any:
    return np.ma.MaskedArray(numbers, mask=np.isnan(numbers))


def _exact(x: Any) -> None:
    """Masked whole numbers are filled as floats, which hold those beyond 2**53 only in part."""
    if x.dtype.kind in "iu" and x.dtype.itemsize == 8:
        known = x.compressed()
        if len(known) and (int(known.max()) > 2**53 or int(known.min()) < -(2**53)):
            far = max(int(known.max()), int(known.min()), key=abs)
            raise ValueError(
                f"the known value {far} lies beyond 2**53, where floats do not hold every whole number: subtract a number near "
                "them first, or give x.astype(float) if they may be rounded",
            )


def of_array(x: Array, modes: Sequence[str] | None, labels: Sequence[Iterable[Any] | None] | None) -> Table:
    """A numpy array or masked array."""
    masked = isinstance(x, np.ma.MaskedArray)
    mask = np.ascontiguousarray(np.ma.getmaskarray(x)) if masked else None

    def restore(values: Array, _: Arrays) -> Any:
        return np.ma.MaskedArray(values, mask=False, fill_value=x.fill_value) if isinstance(x, np.ma.MaskedArray) else values

    def like(_: Any) -> Callable[[Array], Any]:
        return _masked if masked else (lambda numbers: numbers)

    if masked:
        _exact(x)
    if modes is not None:
        _settings.axes(modes, x.ndim)
    if labels is not None:
        _settings.labels(labels, x.shape)
    texts: list[Sequence[str] | None] = []
    for n, one in enumerate(labels or []):
        texts.append(None if one is None else _labels.of_axis(np.asarray(list(one)), f"labels of axis {n}", x.shape[n]))
    return Table(np.asarray(x.data if masked else x), list(modes or []), texts, restore, like, mask=mask)


def of(x: Any, **how: Any) -> Table:
    """The table of whatever the user gave. Libraries that are not loaded made no object of it.

    With censored, its values may be texts.
    """
    xarray, pandas = sys.modules.get("xarray"), sys.modules.get("pandas")
    if xarray is not None and isinstance(x, (xarray.DataArray, xarray.Dataset)):
        from lacuna import _xarray as adapter
    elif pandas is not None and isinstance(x, (pandas.DataFrame, pandas.Series)):
        from lacuna import _pandas as adapter  # type: ignore[no-redef]
    else:
        modes, labels = how.pop("modes", None), how.pop("labels", None)
        for name in ("censored", "yes"):
            how.pop(name, None)
        array = x if isinstance(x, np.ndarray) else _array(x)
        _refuse(how, "a numpy array")
        return of_array(array, modes, labels)
    return adapter.table(x, **how)


def _array(x: Any) -> Array:
    """What is no array as one: nested lists, for the most part."""
    if isinstance(x, (str, bytes, os.PathLike)):
        raise TypeError(f"{os.fsdecode(x)!r} is a text and no table: read the file first, as with pandas.read_csv")
    if hasattr(x, "to_pandas"):  # of polars, pyarrow and others, whose columns have names
        raise TypeError(f"a {type(x).__name__} of {type(x).__module__.partition('.')[0]} is not known here: give x.to_pandas()")
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise TypeError(f"a {type(x).__name__} is no table here ({error}): make all rows of the same length") from None
    if array.dtype.kind == "O" and array.ndim == 0:
        raise TypeError(
            f"a {type(x).__name__} is no table: give a numpy array, a DataFrame or Series of pandas, or an array or Dataset of xarray",
        )
    return array


def _refuse(how: dict[str, Any], what: str) -> None:
    """A parameter without effect is refused."""
    for name, value in how.items():
        if value is not None:
            raise TypeError(f"{name}= has no effect on {what}: leave it out")
