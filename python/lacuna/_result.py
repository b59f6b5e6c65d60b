"""What a completion gives."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Generic, TypeVar

import numpy as np

from lacuna._cells import PREFIX, Cells

T = TypeVar("T")


@dataclass
class Factors:
    """A CP model of standardised values: the sum over blocks r of the products of column r of every array.

    A value is ``mean + scale`` times that sum, with mean and scale one for all cells, or one for every label of the mode
    ``scale_mode`` (−1: one for all).
    """

    modes: list[str]
    labels: list[list[str]]
    arrays: list[np.ndarray[Any, Any]]  # d_n × R
    norms: np.ndarray[Any, Any]  # R, falling
    mean: np.ndarray[Any, Any]
    scale: np.ndarray[Any, Any]
    scale_mode: int

    @classmethod
    def load(cls, path: str | Path) -> Factors:
        """Factors of a file that ``--factors`` has written."""
        with np.load(path) as archive:
            modes = [str(name) for name in archive["modes"]]
            return cls(
                modes,
                [[str(label) for label in archive[f"labels_{n}"]] for n in range(len(modes))],
                [archive[f"factor_{n}"] for n in range(len(modes))],
                archive["norms"], archive["mean"], archive["scale"], int(archive["scale_mode"][0]),
            )

    def __repr__(self) -> str:
        sizes = " × ".join(f"{name} ({len(a)})" for name, a in zip(self.modes, self.arrays))
        return f"Factors({len(self.norms)} blocks, {sizes})"


@dataclass(eq=False, repr=False)
class Completion(Generic[T]):
    """A table with its gaps filled, and how far to trust it.

    ``filled`` is of the type of the table that was given. ``stderr`` is the error to be expected of every filled cell,
    NaN elsewhere; ``low`` and ``high`` hold the interval that was asked for, else None. They have the type of the table
    too (for a long table a Series, row by row). ``was_filled`` is true where a gap was filled. ``draws`` are the tables of
    ``draws=``, of the type of ``filled``, else None. What concerns filled cells alone takes the memory of these until it is
    asked for.

    ``above`` and ``below`` are the limits of values that were censored, NaN elsewhere; None where none was.

    ``result`` is the JSON object of ``lacuna complete --json``, whose fields docs/cli.md describes.
    """

    filled: T
    factors: Factors | None
    result: dict[str, Any]
    warnings: list[str]
    note: str
    draws: list[T] | None
    _cells: Cells
    _like: Callable[[np.ndarray[Any, Any]], Any]

    @cached_property
    def stderr(self) -> T:
        """The error to be expected of every filled cell, NaN elsewhere."""
        return self._like(self._cells.numbers(PREFIX + "stderr"))  # type: ignore[no-any-return]

    @cached_property
    def was_filled(self) -> Any:
        """True where a gap was filled."""
        return self._like(self._cells.flags())

    @cached_property
    def low(self) -> T | None:
        """The lower end of the interval, NaN where nothing was filled; None without ``interval=``."""
        return self._numbers("low")

    @cached_property
    def high(self) -> T | None:
        """The upper end of the interval, as ``low``."""
        return self._numbers("high")

    @cached_property
    def above(self) -> T | None:
        """Above which limit a value lies that was censored, NaN elsewhere; None where none was."""
        return self._numbers("above")

    @cached_property
    def below(self) -> T | None:
        """Below which limit a value lies that was censored, as ``above``."""
        return self._numbers("below")

    def _numbers(self, name: str) -> T | None:
        return self._like(self._cells.numbers(PREFIX + name)) if PREFIX + name in self._cells.columns else None

    def __getstate__(self) -> dict[str, Any]:
        for name in ("stderr", "was_filled", "low", "high", "above", "below"):
            getattr(self, name)
        return {name: value for name, value in self.__dict__.items() if name not in ("_cells", "_like")}

    def _number(self, name: str) -> float:
        value = self.result.get(name)
        return float("nan") if value is None else float(value)

    @property
    def status(self) -> str:
        """``finished``, ``time-limit``, or ``nothing-to-fill``."""
        return str(self.result["status"])

    @property
    def held_out_rmse(self) -> float:
        """Root mean squared error on known cells that were hidden in the shape of the gaps; NaN if it is not known."""
        return self._number("held_out_rmse")

    @property
    def held_out_nrmse(self) -> float:
        """The same over the standard deviation of their values: 1 is no better than their mean."""
        return self._number("held_out_nrmse")

    @property
    def filled_rmse(self) -> float:
        """The root mean squared error to be expected of the filled cells; NaN if it is not known."""
        return self._number("filled_rmse")

    @property
    def filled_nrmse(self) -> float:
        """The same over the standard deviation of the known values."""
        return self._number("filled_nrmse")

    @property
    def settings(self) -> dict[str, Any]:
        """What the completion was made with, found or given."""
        return dict(self.result.get("settings") or {})

    def _head(self) -> list[tuple[str, str]]:
        """The lines of a report's head."""
        r = self.result
        shape = " × ".join(f"{name} ({size})" for name, size in zip(r["modes"], r["shape"]))
        lines = [("table", shape), ("known cells", f"{r['observed']:,}"), ("gaps", f"{r['filled']:,}")]
        if r.get("censored"):
            lines.append(("values between limits", f"{r['censored']:,}"))
        if self.note:
            lines.insert(0, ("read as", self.note))
        if self.status == "nothing-to-fill":
            return [*lines, ("status", "there was nothing to fill")]
        if not np.isnan(self.filled_nrmse):
            lines.append(("error to be expected of what was filled", self._error(self.filled_nrmse, self.filled_rmse)))
        if not np.isnan(self.held_out_nrmse):
            lines.append((f"error on {r['held_out']:,} known cells that were hidden",
                          self._error(self.held_out_nrmse, self.held_out_rmse)))
            lines += [(f"for comparison, {b['name']}", self._error(b["nrmse"], b["rmse"])) for b in r.get("baselines") or []]
        else:
            lines.append(("error", "not known: too few known cells to hide any"))
        lines.append(("model", f"{r['effective_rank']} blocks, {r['seconds']:.3g} s, seed {r['seed']}"))
        if self.status != "finished":
            lines.append(("status", self.status + ": the best found by then"))
        return lines

    @staticmethod
    def _error(nrmse: float | None, rmse: float | None) -> str:
        if nrmse is None or rmse is None:
            return "not known"
        return f"{100 * nrmse:.3g} % of the standard deviation (RMSE {rmse:.4g})"

    def __repr__(self) -> str:
        lines = self._head() + [("warning", text) for text in self.warnings]
        return "lacuna.Completion\n" + "\n".join(f"  {name}: {value}" for name, value in lines)

    def _repr_html_(self) -> str:
        cell = "<td style='text-align:left'>"
        rows = "".join(
            f"<tr>{cell}{html.escape(name)}</td>{cell}{html.escape(value)}</td></tr>" for name, value in self._head()
        )
        warned = "".join(f"<li>{html.escape(text)}</li>" for text in self.warnings)
        table = f"<table><caption><b>lacuna</b>: gaps filled</caption><tbody>{rows}</tbody></table>"
        return f"<div>{table}{f'<ul>{warned}</ul>' if warned else ''}</div>"
