"""Tables of pandas: long, with a row a cell, or wide, where rows and columns are labels."""

from __future__ import annotations

from typing import Any, Callable, Hashable, Sequence

import numpy as np
import pandas as pd

from lacuna import _labels, _settings
from lacuna._tables import Array, Arrays, Table, unlike

LAYOUTS = ("long", "wide")
FEWEST_ROWS = 8  # fewer say nothing of what a column is
MOST_MODES = 8


def table(
    x: pd.DataFrame | pd.Series[Any],
    *,
    value: Hashable | None = None,
    index: Sequence[Hashable] | None = None,
    layout: str | None = None,
    modes: Sequence[str] | None = None,
    labels: Any = None,
    censored: bool = False,
    yes: bool = False,
) -> Table:
    if labels is not None:
        raise TypeError("labels= has no effect on a table of pandas, which has labels: leave it out")
    if layout not in (None, *LAYOUTS):
        raise ValueError(f"layout={layout!r}: choose one of {', '.join(LAYOUTS)}")
    if isinstance(x, pd.Series):
        if value is not None or index is not None or layout is not None:
            raise TypeError("value=, index= and layout= have no effect on a Series, whose index has the modes: leave them out")
        return _of_series(x, modes, censored)
    if len(x) == 0:
        raise ValueError("the table has no rows: give one in which some cells have a value")
    if layout is None:
        layout = "long" if value is not None or index is not None else _layout(x, censored)
    if layout == "long":
        return _long(x, value, index, modes, censored, yes)
    if value is not None or index is not None:
        raise TypeError("value= and index= are for a long table: leave them out, or give layout='long'")
    return _wide(x, modes, censored)


def _layout(x: pd.DataFrame, censored: bool) -> str:
    """Rows that are only numbered, with a column that holds no measurements, are the cells of a long table.

    Where rows were taken out or put in another order their numbers have gaps, and are labels unless a column holds no numbers.
    """
    if x.columns.nlevels > 1 or x.index.nlevels > 1:
        return "wide"
    if isinstance(x.index, pd.RangeIndex):
        return "wide" if all(pd.api.types.is_float_dtype(t) for t in x.dtypes) and not _lists_cells(x) else "long"
    left_over = x.index.name is None and pd.api.types.is_integer_dtype(x.index.dtype) and not censored
    return "wide" if not left_over or all(pd.api.types.is_numeric_dtype(t) for t in x.dtypes) else "long"


def _lists_cells(x: pd.DataFrame) -> bool:
    """All columns but the last repeat, and together tell the rows apart, as longitude and latitude do."""
    labels = x.iloc[:, :-1]
    return (
        len(x) >= FEWEST_ROWS and 2 <= labels.shape[1] <= MOST_MODES
        and not labels.isna().any(axis=None)
        and all(2 * labels.iloc[:, k].nunique() <= len(x) for k in range(labels.shape[1]))
        and not labels.duplicated().any()
    )


def _numbers(x: Any, name: Any, censored: bool) -> Array:
    if censored and (pd.api.types.is_object_dtype(x.dtype) or pd.api.types.is_string_dtype(x.dtype)):
        return np.asarray(x.astype(object).where(x.notna(), None).to_numpy(dtype=object))
    if not pd.api.types.is_numeric_dtype(x.dtype) or pd.api.types.is_bool_dtype(x.dtype):
        raise TypeError(f"column {name!r} holds {x.dtype}, and no numbers: leave it out, or convert it with astype(float)")
    if isinstance(x.dtype, np.dtype):
        return np.asarray(x.to_numpy())
    return np.asarray(x.to_numpy(dtype=np.float64, na_value=np.nan))


def _codes(labels: Any, where: str, instead: str = "") -> tuple[Array, Any]:
    """Numbers of labels in the order in which they appear, and the labels."""
    codes, uniques = pd.factorize(labels)
    _need_labels(codes, where, instead)
    return codes.astype(np.min_scalar_type(len(uniques))), uniques


def _need_labels(codes: Array, where: str, instead: str = "") -> None:
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        raise ValueError(f"{where} {missing[0]} has no label: give it one, or leave it out{instead}")


def _long(
    x: pd.DataFrame, value: Hashable | None, index: Sequence[Hashable] | None, modes: Any, censored: bool, yes: bool,
) -> Table:
    columns = list(x.columns)
    if len(set(columns)) < len(columns):
        raise ValueError("two columns have the same name: give every column a name of its own")
    if isinstance(value, list):
        raise TypeError(f"value={value!r}: give one column; for several, set_index the labels and give these columns, a wide table")
    given: list[Hashable] = [] if index is None else [index] if isinstance(index, str) else list(index)
    for name in [value] * (value is not None) + given:
        if name not in columns:
            raise KeyError(f"there is no column {name!r}: choose from {columns}")
    if value is None:
        value = ([name for name in columns if name not in given] or columns)[-1]
    axes: list[Hashable] = [name for name in columns if name != value] if index is None else given
    if len(axes) < 2:
        raise ValueError(f"a long table needs two index columns or more, and has {axes}: name them in index=, or give layout='wide'")
    if value in axes:
        raise ValueError(f"column {value!r} is both value and index: leave it out of one of the two")
    names = _modes(modes, [str(name) for name in axes])
    values = _numbers(x[value], value, censored)
    coded = [_codes(x[name], f"long table, column {str(name)!r}: row", f", or {_wide_instead(x, axes)}") for name in axes]
    alone = [name for name, (_, labels) in zip(axes, coded) if len(labels) == len(x) >= FEWEST_ROWS]
    if alone and index is None and not yes:
        raise ValueError(
            f"long table, column {str(alone[0])!r}: every row has a label of its own, so that no two cells share one: leave it out with "
            f"index=, or, where other columns are measurements, {_wide_instead(x, axes)}; yes=True goes on",
        )

    uniques = [labels for _, labels in coded]

    def restore(numbers: Array, added: Arrays) -> Any:
        if len(numbers) == len(x):
            return _with(x, value, numbers)
        new = pd.DataFrame({name: _typed(_new_labels(added, n, uniques[n]), x[name].dtype) for n, name in enumerate(axes)})
        return _described(_with(pd.concat([x, new], ignore_index=True), value, numbers), x.attrs)

    note = f"long table: value {value!r}, modes {', '.join(names)}"
    return Table(
        values, names, [_texts(labels, f"column {str(name)!r}") for name, labels in zip(axes, uniques)], restore,
        lambda filled: _series(filled.index, value), index=[codes for codes, _ in coded], note=note,
    )


def _wide_instead(x: pd.DataFrame, axes: Sequence[Hashable]) -> str:
    labels = [name for name in axes if not pd.api.types.is_numeric_dtype(x[name].dtype)]
    return f"give x.set_index({labels!r}), a wide table" if labels else "give layout='wide'"


def _texts(labels: Any, where: str) -> list[str]:
    """How labels of which no two are alike are written, by which the command tells them apart."""
    if isinstance(labels, pd.PeriodIndex) and labels.freqstr.startswith("W"):
        labels = labels.asfreq("D", how="start")  # else a span of two dates, which has no place in time
    if isinstance(labels, pd.DatetimeIndex) and labels.tz is not None:
        local = labels.tz_localize(None)
        if (local - local.normalize()).nunique() == 1:  # days, which are not all of 24 hours
            labels = local
    written = _labels.texts(np.asarray(labels))
    if len(set(written)) < len(written):
        first: dict[str, int] = {}
        one, other = next((first[text], k) for k, text in enumerate(written) if first.setdefault(text, k) < k)
        raise ValueError(
            f"{where}: {labels[one]!r} and {labels[other]!r} are both written {written[one]}: "
            "convert the labels to one type, or rename one",
        )
    return written


def _modes(given: Any, names: list[str]) -> list[str]:
    if given is None:
        return unlike(names)
    _settings.axes(given, len(names))
    return list(given)


def _series(rows: pd.Index[Any], name: Hashable) -> Callable[[Array], Any]:
    return lambda numbers: pd.Series(numbers, index=rows, name=name, copy=False)


def _described(table: Any, attrs: dict[Any, Any]) -> Any:
    table.attrs = dict(attrs)
    return table


def _with(x: pd.DataFrame, value: Hashable, numbers: Array) -> pd.DataFrame:
    """A copy of the table with other values, whose column is not copied before it is replaced."""
    out = x.drop(columns=[value])
    out.insert(x.columns.get_loc(value), value, numbers)
    return out


def _new_labels(added: Arrays, n: int, uniques: Any) -> list[Any]:
    """The labels in mode n of the cells that the table did not list."""
    known, written = list(uniques), added[f"labels_{n}"]
    return [
        known[i] if i < len(known) else _parsed(str(written[i]), uniques) for i in added[f"index_{n}"]
    ]


def _parsed(text: str, known: Any) -> Any:
    """A label that the command has added, as those are that were known."""
    if isinstance(known, pd.PeriodIndex):
        return pd.Period(text, freq=known.freq)
    if isinstance(known, pd.DatetimeIndex) and known.tz is not None:
        time = pd.Timestamp(text)
        return time.tz_localize(known.tz) if time.tz is None else time.tz_convert(known.tz)
    return _labels.parsed(text, np.asarray(known))


def _typed(labels: list[Any], dtype: Any) -> Any:
    """Labels as the column has them, unless it has categories, and not theirs."""
    if isinstance(dtype, pd.CategoricalDtype):
        return pd.Categorical(labels, dtype=dtype) if set(labels) <= set(dtype.categories) else labels
    return pd.Series(labels).astype(dtype)


def _levels(index: pd.Index[Any], default: str) -> list[tuple[str, Array, Any]]:
    """Names of the levels of an index, numbers of their labels in the order in which these appear, and the labels."""
    defaults = [default if index.nlevels == 1 else f"{default}{k + 1}" for k in range(index.nlevels)]
    names = [str(n if n is not None else defaults[k]) for k, n in enumerate(index.names)]
    if not isinstance(index, pd.MultiIndex):
        return [(names[0], *_codes(index, f"index {names[0]!r}: entry"))]
    return [(name, *_renumbered(index.codes[k], index.levels[k], name)) for k, name in enumerate(names)]


def _renumbered(codes: Array, labels: Any, name: str) -> tuple[Array, Any]:
    """Numbers of labels in the order in which they appear, and the labels, of numbers in another order."""
    _need_labels(codes, f"index {name!r}: entry")
    order = pd.unique(codes)
    numbers = np.zeros(len(labels), np.min_scalar_type(len(labels)))
    numbers[order] = np.arange(len(order))
    return numbers[codes], labels.take(order)


def _of_series(x: pd.Series[Any], modes: Any, censored: bool) -> Table:
    if x.index.nlevels < 2:
        raise ValueError("a Series needs a MultiIndex of two levels or more, which are the modes: set one with set_index")
    levels = _levels(x.index, "index")
    names, uniques = [name for name, _, _ in levels], [labels for _, _, labels in levels]
    rows, title, attrs = x.index, x.name, x.attrs

    def restore(numbers: Array, added: Arrays) -> Any:
        if len(numbers) == len(rows):
            return _described(_series(rows, title)(numbers), attrs)
        columns = [[*rows.get_level_values(n), *_new_labels(added, n, labels)] for n, labels in enumerate(uniques)]
        return _described(pd.Series(numbers, index=pd.MultiIndex.from_arrays(columns, names=rows.names), name=title), attrs)

    names = _modes(modes, names)
    return Table(
        _numbers(x, title, censored), names, [_texts(labels, f"index {name!r}") for name, _, labels in levels], restore,
        lambda filled: _series(filled.index, title), index=[codes for _, codes, _ in levels],
        note=f"series: modes {', '.join(names)}",
    )


def _wide(x: pd.DataFrame, modes: Any, censored: bool) -> Table:
    if x.shape[1] == 0:
        raise ValueError("the table has no columns")
    alike = x.dtypes.nunique() == 1 and isinstance(x.dtypes.iloc[0], np.dtype) and x.dtypes.iloc[0].kind in "fiu"
    values = x.to_numpy() if alike else np.column_stack([  # that of one type needs no copy
        _numbers(x.iloc[:, k], x.columns[k], censored) for k in range(x.shape[1])
    ])
    index, columns, attrs = x.index, x.columns, x.attrs
    levels = [*_levels(index, "row"), *_levels(columns, "column")]
    names = _modes(modes, [name for name, _, _ in levels])

    def frame(numbers: Array) -> pd.DataFrame:
        return pd.DataFrame(numbers.reshape(len(index), len(columns)), index=index, columns=columns, copy=False)

    def restore(numbers: Array, _: Arrays) -> Any:
        if numbers.size != len(index) * len(columns):
            raise ValueError("full_grid= adds cells that a wide table has no place for: give the table in long form")
        return _described(frame(numbers), attrs)

    texts: list[Sequence[str] | None] = [_texts(labels, f"index {name!r}") for name, _, labels in levels]
    note = f"wide table: modes {', '.join(names)}"
    plain = len(levels) == 2 and all(len(codes) == len(labels) for _, codes, labels in levels)
    if plain:
        return Table(values, names, texts, restore, lambda _: frame, note=note)
    codes = [np.repeat(codes, len(columns)) for _, codes, _ in levels[: index.nlevels]]
    codes += [np.tile(codes, len(index)) for _, codes, _ in levels[index.nlevels :]]
    return Table(values.reshape(-1), names, texts, restore, lambda _: frame, index=codes, note=note)
