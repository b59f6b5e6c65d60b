"""Tables of pandas: long, with a row a cell, or wide, where rows and columns are labels."""

from __future__ import annotations

from typing import Any, Hashable, Sequence

import numpy as np
import pandas as pd

from lacuna import _labels
from lacuna._tables import Array, Arrays, Table

LAYOUTS = ("long", "wide")


def table(
    x: pd.DataFrame | pd.Series[Any],
    *,
    value: Hashable | None = None,
    index: Sequence[Hashable] | None = None,
    layout: str | None = None,
    modes: Sequence[str] | None = None,
    labels: Any = None,
    censored: bool = False,
) -> Table:
    if labels is not None:
        raise TypeError("labels= has no effect on a table of pandas, which has labels: leave it out")
    if layout not in (None, *LAYOUTS):
        raise ValueError(f"layout={layout!r}: choose one of {', '.join(LAYOUTS)}")
    if isinstance(x, pd.Series):
        if value is not None or index is not None or layout is not None:
            raise TypeError("value=, index= and layout= have no effect on a Series, whose index has the modes: leave them out")
        return _of_series(x, modes, censored)
    if layout is None:
        layout = "long" if value is not None or index is not None else _layout(x)
    if layout == "long":
        return _long(x, value, index, modes, censored)
    if value is not None or index is not None:
        raise TypeError("value= and index= are for a long table: leave them out, or give layout='long'")
    return _wide(x, modes, censored)


def _layout(x: pd.DataFrame) -> str:
    """Rows that are only numbered, with a column that holds no measurements, are the cells of a long table."""
    numbered = isinstance(x.index, pd.RangeIndex) and x.columns.nlevels == 1
    return "long" if numbered and not all(pd.api.types.is_float_dtype(t) for t in x.dtypes) else "wide"


def _numbers(x: Any, name: Any, censored: bool) -> Array:
    if censored and (pd.api.types.is_object_dtype(x.dtype) or pd.api.types.is_string_dtype(x.dtype)):
        return np.asarray(x.astype(object).where(x.notna(), None).to_numpy(dtype=object))
    if not pd.api.types.is_numeric_dtype(x.dtype) or pd.api.types.is_bool_dtype(x.dtype):
        raise TypeError(f"column {name!r} holds {x.dtype}, and no numbers: leave it out, or convert it with astype(float)")
    if isinstance(x.dtype, np.dtype):
        return np.asarray(x.to_numpy())
    return np.asarray(x.to_numpy(dtype=np.float64, na_value=np.nan))


def _codes(labels: Any, name: str) -> tuple[Array, Any]:
    """Numbers of labels in the order in which they appear, and the labels."""
    codes, uniques = pd.factorize(labels)
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        raise ValueError(f"column {name!r}: row {missing[0]} has no label: give it one, or leave the row out")
    return codes.astype(np.int32), uniques


def _long(
    x: pd.DataFrame, value: Hashable | None, index: Sequence[Hashable] | None, modes: Any, censored: bool,
) -> Table:
    columns = list(x.columns)
    if len(set(columns)) < len(columns):
        raise ValueError("two columns have the same name: give every column a name of its own")
    for name in [value] * (value is not None) + list(index or []):
        if name not in columns:
            raise KeyError(f"there is no column {name!r}: choose from {columns}")
    if value is None:
        value = [name for name in columns if name not in (index or [])][-1]
    index = list(index) if index is not None else [name for name in columns if name != value]
    if value in index:
        raise ValueError(f"column {value!r} is both value and index: leave it out of one of the two")
    names = [str(name) for name in index]
    values = _numbers(x[value], value, censored)
    coded = [_codes(x[name], str(name)) for name in index]

    def restore(numbers: Array, arrays: Arrays, filled: bool) -> Any:
        added = len(numbers) - len(x)
        if not filled:
            series = pd.Series(numbers, name=value)
            return series.set_axis(x.index) if added == 0 else series
        if added == 0:
            return _with(x, value, numbers)
        new = pd.DataFrame({
            name: _new_labels(arrays, n, len(x), uniques) for n, (name, (_, uniques)) in enumerate(zip(index, coded))
        })
        return _with(pd.concat([x, new], ignore_index=True), value, numbers)

    note = f"long table: value {value!r}, modes {', '.join(names)}"
    return Table(
        values, list(modes or names), [_labels.texts(np.asarray(uniques)) for _, uniques in coded], restore,
        index=[codes for codes, _ in coded], note=note,
    )


def _with(x: pd.DataFrame, value: Hashable, numbers: Array) -> pd.DataFrame:
    out = x.copy()
    out[value] = numbers
    return out


def _new_labels(arrays: Arrays, n: int, rows: int, uniques: Any) -> list[Any]:
    """The labels in mode n of the cells that the table did not list."""
    known, written = list(uniques), arrays[f"labels_{n}"]
    return [
        known[i] if i < len(known) else _labels.parsed(str(written[i]), np.asarray(uniques))
        for i in arrays[f"index_{n}"][rows:]
    ]


def _levels(index: pd.Index[Any], default: str) -> list[tuple[str, Any]]:
    """Names and labels of the levels of an index."""
    names = [default if index.nlevels == 1 else f"{default}{k + 1}" for k in range(index.nlevels)]
    return [(str(n if n is not None else names[k]), index.get_level_values(k)) for k, n in enumerate(index.names)]


def _of_series(x: pd.Series[Any], modes: Any, censored: bool) -> Table:
    levels = [(name, *_codes(labels, name)) for name, labels in _levels(x.index, "index")]

    def restore(numbers: Array, arrays: Arrays, filled: bool) -> Any:
        if len(numbers) == len(x):
            return pd.Series(numbers, index=x.index, name=x.name)
        columns = [
            [*x.index.get_level_values(n), *_new_labels(arrays, n, len(x), uniques)]
            for n, (_, _, uniques) in enumerate(levels)
        ]
        return pd.Series(numbers, index=pd.MultiIndex.from_arrays(columns, names=x.index.names), name=x.name)

    names = [name for name, _, _ in levels]
    return Table(
        _numbers(x, x.name, censored), list(modes or names), [_labels.texts(np.asarray(uniques)) for _, _, uniques in levels], restore,
        index=[codes for _, codes, _ in levels], note=f"series: modes {', '.join(names)}",
    )


def _wide(x: pd.DataFrame, modes: Any, censored: bool) -> Table:
    if x.shape[1] == 0:
        raise ValueError("the table has no columns")
    values = np.column_stack([_numbers(x.iloc[:, k], x.columns[k], censored) for k in range(x.shape[1])])
    rows, columns = _levels(x.index, "row"), _levels(x.columns, "column")
    names = [name for name, _ in rows + columns]

    def restore(numbers: Array, _: Arrays, filled: bool) -> Any:
        if numbers.size != x.size:
            raise ValueError("full_grid= adds cells that a wide table has no place for: give the table in long form")
        return pd.DataFrame(numbers.reshape(x.shape), index=x.index, columns=x.columns)

    coded = [_codes(labels, name) for name, labels in rows + columns]
    texts: list[Sequence[str] | None] = [_labels.texts(np.asarray(uniques)) for _, uniques in coded]
    note = f"wide table: modes {', '.join(names)}"
    plain = len(rows) == len(columns) == 1 and all(len(codes) == len(uniques) for codes, uniques in coded)
    if plain:
        return Table(values, list(modes or names), texts, restore, note=note)
    index = [np.repeat(codes, x.shape[1]) for codes, _ in coded[: len(rows)]]
    index += [np.tile(codes, x.shape[0]) for codes, _ in coded[len(rows) :]]
    return Table(values.reshape(-1), list(modes or names), texts, restore, index=index, note=note)
