"""What the command says of the cells that it filled, held for these alone: of all others it has nothing to say."""

from __future__ import annotations

from typing import Any

import numpy as np

from lacuna._npz import PIECE, Array, Sieve

PREFIX, FLAGS, VALUES = "lacuna_", "lacuna_filled", "values"


class Cells:
    """Which cells of an array were filled, as a bit each, and numbers of these, in the order of the array's memory."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()
        self.order = "C"
        self.count = 0
        self.columns: dict[str, Array] = {}
        self._bits = np.empty(0, np.uint8)

    @classmethod
    def none(cls, like: Array) -> Cells:
        """Those of an array that had no gaps."""
        cells = cls()
        cells.begin(like.shape, False, np.dtype(np.uint8))
        cells._bits[:] = 0
        return cells

    def begin(self, shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]) -> None:
        self.shape, self.order = shape, "F" if fortran else "C"
        self._bits = np.empty(-(-self._size() // 8), np.uint8)

    def take(self, at: int, piece: Array) -> None:
        bits = np.packbits(piece)
        self._bits[at // 8 : at // 8 + len(bits)] = bits
        self.count += int(np.count_nonzero(piece))

    def flags(self) -> Array:
        """An array of truth values: which cells were filled."""
        return self._unpacked(0, self._size()).reshape(self.shape, order=self.order)  # type: ignore[call-overload,no-any-return]

    def numbers(self, name: str) -> Array:
        """An array of one of the columns, NaN where nothing was filled, or without the column."""
        out, column, used = np.full(self._size(), np.nan), self.columns.get(name), 0
        for at in range(0, 0 if column is None else len(out), PIECE):
            piece = out[at : at + PIECE]
            chosen = self._unpacked(at, at + len(piece))
            count = int(np.count_nonzero(chosen))
            piece[chosen] = column[used : used + count]  # type: ignore[index]
            used += count
        return out.reshape(self.shape, order=self.order)  # type: ignore[call-overload,no-any-return]

    def _size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    def _unpacked(self, at: int, end: int) -> Array:
        return np.unpackbits(self._bits[at // 8 : -(-end // 8)], count=end - at).view(np.bool_)


class _Column:
    """Keeps the numbers of filled cells of an array over all of them."""

    def __init__(self, cells: Cells, name: str) -> None:
        self._cells, self._name, self._filled = cells, name, 0

    def begin(self, shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]) -> None:
        self._out = self._cells.columns[self._name] = np.empty(self._cells.count, dtype)

    def take(self, at: int, piece: Array) -> None:
        some = piece[self._cells._unpacked(at, at + len(piece))]
        self._out[self._filled : self._filled + len(some)] = some
        self._filled += len(some)


class _Tail:
    """Keeps what an index has beyond the cells that the table lists: those that a full grid adds."""

    def __init__(self, tails: dict[str, Array], name: str, rows: int) -> None:
        self._tails, self._name, self._rows = tails, name, rows

    def begin(self, shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]) -> None:
        self._out = self._tails[self._name] = np.empty(max(int(np.prod(shape)) - self._rows, 0), dtype)

    def take(self, at: int, piece: Array) -> None:
        start = max(self._rows - at, 0)
        if start < len(piece):
            self._out[at + start - self._rows :][: len(piece) - start] = piece[start:]


class _Nothing:
    """Keeps nothing."""

    def begin(self, shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]) -> None:
        pass

    def take(self, at: int, piece: Array) -> None:
        pass


class Answer:
    """The archive that the command writes, without what the table says itself."""

    def __init__(self, rows: int) -> None:
        """rows are the cells that the table lists."""
        self._rows = rows
        self.tails: dict[str, Array] = {}
        self._cells: Cells | None = None

    def sieve(self, name: str) -> Sieve | None:
        """What becomes of a member of the archive: the command writes the flags before what belongs to them."""
        if name == FLAGS:
            self._cells = Cells()
            return self._cells
        if name.startswith(PREFIX) and self._cells is not None:
            return _Column(self._cells, name)
        if name.startswith("index_"):
            return _Tail(self.tails, name, self._rows)
        return None if name == VALUES or name.startswith("labels_") else _Nothing()

    def cells(self, values: Array) -> Cells:
        """What is known of filled cells; values are those of the archive."""
        return self._cells if self._cells is not None else Cells.none(values)
