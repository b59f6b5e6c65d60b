"""Draws: tables whose filled values come together from the posterior of a fit that a completion has saved."""

from __future__ import annotations

import os
import warnings
from typing import Any, Sequence

import numpy as np

from lacuna import _command
from lacuna._tables import Array, Arrays, Table


def draw(table: Table, arrays: Arrays, fit: str, words: Sequence[str]) -> list[Any]:
    """Tables of the user's type, as many as words say; arrays are those of the filled table. The last word names a file."""
    if not os.path.exists(fit):  # there was nothing to fill
        count = int(words[words.index("--draws") + 1])
        return [table.restore(arrays["values"].copy(), arrays, True) for _ in range(count)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", _command.LacunaWarning)  # the completion has warned
        _command.run(["predict", "--quiet", fit, *words], table.arrays(), parameters=["draws"])
    with np.load(words[-1]) as archive:
        flags = arrays["lacuna_filled"] != 0
        drawn = archive["values"][(slice(None), *_places(table, arrays, flags, archive))]
    tables = []
    for values in drawn:
        one = arrays["values"].copy()
        one[flags] = values
        tables.append(table.restore(one, arrays, True))
    return tables


def _places(table: Table, arrays: Arrays, flags: Array, archive: Any) -> list[Array]:
    """Where the filled cells are in the archive of draws, an array an axis: it has labels in an order of its own."""
    if table.index is None:
        cells: Sequence[Array] = np.nonzero(flags)
        sizes: Sequence[int] = flags.shape
    else:
        cells = [arrays[f"index_{n}"][flags] for n in range(len(table.index))]
        sizes = [int(arrays[f"index_{n}"].max()) + 1 for n in range(len(table.index))]
    names = table.modes or [f"mode{n + 1}" for n in range(len(sizes))]
    places = []
    for n, name in enumerate(archive["modes"][1:]):  # after that of the draws; those with one label only are none
        axis = names.index(str(name))
        position = {str(label): i for i, label in enumerate(archive[f"labels_{n + 1}"])}
        labels = arrays[f"labels_{axis}"] if f"labels_{axis}" in arrays else range(sizes[axis])
        places.append(np.array([position.get(str(label), -1) for label in labels])[cells[axis]])
    return places
