"""Arrays of xarray: dimensions are the modes, coordinates their labels. And the accessor ``.lacuna``."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
import xarray as xr

from lacuna import _labels
from lacuna._complete import complete
from lacuna._result import Completion
from lacuna._tables import Array, Arrays, Table, _refuse, unlike

VARIABLE = "variable"
FOREIGN = ("360_day", "366_day", "all_leap")  # calendars with days that others do not have


def table(x: xr.DataArray | xr.Dataset, **how: Any) -> Table:
    for name in ("censored", "yes"):
        how.pop(name, None)
    _refuse(how, "xarray, which has names and labels")
    if isinstance(x, xr.DataArray):
        return _of_array(x)
    return _of_dataset(x)


def _axes(x: xr.DataArray) -> tuple[list[str], list[Any]]:
    labels = [_labels.of_axis(_coordinate(x, dim), f"coordinate {dim!r}") if dim in x.coords else None for dim in x.dims]
    return [str(dim) for dim in x.dims], labels


def _coordinate(x: xr.DataArray, dim: Any) -> Array:
    """Labels of a dimension. 30 February is in no other calendar: such times are days since the first."""
    index = x.indexes.get(dim)
    if isinstance(index, xr.CFTimeIndex) and index.calendar in FOREIGN and len({(t.day, t.hour) for t in index}) > 1:
        return np.array([(t - index[0]).total_seconds() / 86400 for t in index])
    return np.asarray(x[dim].values)


def _of_array(x: xr.DataArray) -> Table:
    modes, labels = _axes(x)

    def restore(values: Array, _: Arrays) -> Any:
        return x.copy(data=values)

    return Table(np.asarray(x.values), modes, labels, restore, _like_array, note=f"array: modes {', '.join(modes)}")


def _of_dataset(x: xr.Dataset) -> Table:
    """Variables over the dimensions of the first that holds numbers are the labels of a last mode."""
    numeric = [name for name, v in x.data_vars.items() if v.dtype.kind in "fiu" and v.ndim > 0]
    if not numeric:
        raise TypeError("the Dataset has no variable of numbers")
    dims = max((x[name].dims for name in numeric), key=len)
    names = [name for name in numeric if set(x[name].dims) == set(dims)]
    carried = [str(name) for name in numeric if name not in names and bool(x[name].isnull().any())]
    warnings = [f"not filled, since their dimensions are others: {', '.join(carried)}; give them by themselves"] if carried else []
    if len(names) == 1:
        one = _of_array(x[names[0]].transpose(*dims))
        restore_one = one.restore
        one.restore = lambda values, arrays: x.assign({names[0]: restore_one(values, arrays)})
        one.like = lambda filled: _like_dataset(filled, names, dims)
        one.warnings = warnings
        return one
    parts = [x[name].transpose(*dims) for name in names]
    modes, labels = _axes(parts[0])
    values = np.stack([np.asarray(part.values, dtype=np.float64) for part in parts], axis=-1)

    def restore(numbers: Array, _: Arrays) -> Any:
        new = {}
        for k, name in enumerate(names):
            part = x[name].transpose(*dims)
            new[name] = part.copy(data=numbers[..., k].astype(_kept(part.dtype), copy=False)).transpose(*x[name].dims)
        return x.assign(new)

    note = f"dataset: modes {', '.join(modes)} and the variables {', '.join(map(str, names))}"
    labels = [*labels, [str(name) for name in names]]
    return Table(
        values, unlike([*modes, VARIABLE]), labels, restore, lambda filled: _like_dataset(filled, names, dims), note=note,
        warnings=warnings,
    )


def _empty(x: xr.DataArray) -> xr.DataArray:
    """The array without its numbers, and without the way in which a file holds these."""
    out = x.copy(data=np.broadcast_to(np.nan, x.shape))
    out.encoding = {}  # integers that hold the values packed have no place for errors, nor for ends of intervals
    return out


def _like_array(filled: xr.DataArray) -> Callable[[Array], xr.DataArray]:
    form = _empty(filled)
    return lambda numbers: form.copy(data=numbers)


def _like_dataset(filled: xr.Dataset, names: list[Any], dims: tuple[Any, ...]) -> Callable[[Array], xr.Dataset]:
    form = filled.assign({name: _empty(filled[name].transpose(*dims)) for name in names})
    order = {name: filled[name].dims for name in names}

    def of(numbers: Array) -> xr.Dataset:
        parts = [numbers] if len(names) == 1 else [numbers[..., k] for k in range(len(names))]
        return form.assign({name: form[name].copy(data=part).transpose(*order[name]) for name, part in zip(names, parts)})

    return of


def _kept(dtype: Any) -> Any:
    return dtype if dtype.kind == "f" else np.float64


class _Accessor:
    """``da.lacuna.complete()``: the completion of an array or of a dataset."""

    def __init__(self, x: Any) -> None:
        self._x = x

    def complete(self, **settings: Any) -> Completion[Any]:
        """lacuna.complete of this object, with the same settings."""
        return complete(self._x, **settings)


def register() -> None:
    """Give DataArray and Dataset the accessor."""
    xr.register_dataarray_accessor("lacuna")(_Accessor)
    xr.register_dataset_accessor("lacuna")(_Accessor)
