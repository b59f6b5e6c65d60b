"""Draws: tables whose filled values come together from the posterior of a fit that a completion has saved."""

from __future__ import annotations

import os
from typing import Any, Iterable, Sequence

import numpy as np

from lacuna import _command
from lacuna._tables import Array, Arrays, Table


def draw(table: Table, filled: Array, flags: Array, added: Arrays, fit: str, words: Sequence[str]) -> list[Any]:
    """Tables of the user's type, as many as words say, whose last names a file.

    filled are the values of the filled table, flags say which were filled; added are the index and the labels of cells that
    the table does not list.
    """
    if not os.path.exists(fit):  # there was nothing to fill
        count = int(words[words.index("--draws") + 1])
        return [table.restore(filled.copy(), added) for _ in range(count)]
    with _command.without_warnings():  # the completion has warned
        _command.run(["predict", "--quiet", fit, *words], table.arrays(), parameters=["draws"])
    with np.load(words[-1]) as archive:
        drawn = archive["values"][(slice(None), *_places(table, flags, added, archive))]
    tables = []
    for values in drawn:
        one = filled.copy()
        one[flags] = values
        tables.append(table.restore(one, added))
    return tables


def _places(table: Table, flags: Array, added: Arrays, archive: Any) -> list[Array]:
    """Where the filled cells are in the archive of draws, an array an axis: it has labels in an order of its own."""
    if table.index is None:
        cells: Sequence[Array] = np.nonzero(flags)
        sizes: Sequence[int] = flags.shape
    else:
        index = [np.concatenate([column, added[f"index_{n}"]]) for n, column in enumerate(table.index)]
        cells, sizes = [column[flags] for column in index], [int(column.max()) + 1 for column in index]
    places = []
    for n, axis in enumerate(axis for axis, size in enumerate(sizes) if size > 1):  # an axis of length 1 is no mode
        position = {str(label): i for i, label in enumerate(archive[f"labels_{n + 1}"])}
        labels: Iterable[Any] = added.get(f"labels_{axis}", np.arange(sizes[axis]))
        places.append(np.array([position.get(str(label), -1) for label in labels])[cells[axis]])
    return places
