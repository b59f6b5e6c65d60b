"""Arrays of xarray: dimensions are the modes, coordinates their labels. And the accessor ``.lacuna``."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from lacuna import _labels
from lacuna._complete import Completion, complete
from lacuna._tables import Array, Arrays, Table, _refuse

VARIABLE = "variable"


def table(x: xr.DataArray | xr.Dataset, **how: Any) -> Table:
    how.pop("censored", None)
    _refuse(how, "xarray, which has names and labels")
    if isinstance(x, xr.DataArray):
        return _of_array(x)
    return _of_dataset(x)


def _axes(x: xr.DataArray) -> tuple[list[str], list[Any]]:
    labels = [_labels.texts(np.asarray(x[dim].values)) if dim in x.coords else None for dim in x.dims]
    return [str(dim) for dim in x.dims], labels


def _of_array(x: xr.DataArray) -> Table:
    modes, labels = _axes(x)

    def restore(values: Array, _: Arrays, filled: bool) -> Any:
        return x.copy(data=values)

    return Table(np.asarray(x.values), modes, labels, restore, note=f"array: modes {', '.join(modes)}")


def _of_dataset(x: xr.Dataset) -> Table:
    """Variables over the dimensions of the first that holds numbers are the labels of a last mode."""
    numeric = [name for name, v in x.data_vars.items() if v.dtype.kind in "fiu" and v.ndim > 0]
    if not numeric:
        raise TypeError("the Dataset has no variable of numbers")
    dims = max((x[name].dims for name in numeric), key=len)
    names = [name for name in numeric if set(x[name].dims) == set(dims)]
    carried = [str(name) for name in x.data_vars if name not in names]
    if len(names) == 1:
        one = _of_array(x[names[0]].transpose(*dims))
        restore_one = one.restore
        one.restore = lambda values, arrays, filled: x.assign({names[0]: restore_one(values, arrays, filled)})
        return one
    parts = [x[name].transpose(*dims) for name in names]
    modes, labels = _axes(parts[0])
    values = np.stack([np.asarray(part.values, dtype=np.float64) for part in parts], axis=-1)

    def restore(numbers: Array, _: Arrays, filled: bool) -> Any:
        new = {}
        for k, (name, part) in enumerate(zip(names, parts)):
            new[name] = part.copy(data=numbers[..., k].astype(_kept(part.dtype), copy=False)).transpose(*x[name].dims)
        return x.assign(new)

    note = f"dataset: modes {', '.join(modes)} and the variables {', '.join(map(str, names))}"
    warnings = [f"not filled, since their dimensions are others: {', '.join(carried)}"] if carried else []
    labels = [*labels, [str(name) for name in names]]
    return Table(values, [*modes, VARIABLE], labels, restore, note=note, warnings=warnings)


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
