"""complete: the main job."""

from __future__ import annotations

import os
from typing import Any, Hashable, Iterable, Literal, Mapping, Sequence, TypeVar

from lacuna import _command, _draws, _settings, _tables
from lacuna._cells import Answer
from lacuna._progress import Progress, listening
from lacuna._result import Completion, Factors

T = TypeVar("T")

FLAGS = (
    "full_grid", "duplicates", "censored", "interval", "draws", "noise", "rank", "standardise", "smooth", "nonnegative", "order", "period",
    "missing", "depth", "seed", "threads", "effort", "max_time", "yes", "report", "value", "index",
)

DEPTH = "a whole number from 0 on, or one a mode"
PERIOD = "a number above 0, or a list of them"


def complete(
    x: T,
    *,
    value: Hashable | None = None,
    index: Sequence[Hashable] | None = None,
    layout: Literal["long", "wide"] | None = None,
    modes: Sequence[str] | None = None,
    labels: Sequence[Iterable[Any] | None] | None = None,
    full_grid: bool = False,
    duplicates: Literal["mean", "first", "last"] | None = None,
    censored: bool = False,
    above: Any = None,
    below: Any = None,
    interval: float | None = None,
    draws: int | None = None,
    noise: str = "auto",
    rank: int | None = None,
    standardise: str = "auto",
    smooth: str | Sequence[str] = (),
    nonnegative: bool = False,
    order: Mapping[str, str] | None = None,
    period: Mapping[str, float | Sequence[float]] | None = None,
    missing: float | Sequence[float] = (),
    depth: int | Sequence[int] | None = None,
    seed: int = 1,
    threads: int | None = None,
    effort: float = 1.0,
    max_time: float | None = None,
    yes: bool = False,
    report: str | os.PathLike[str] | None = None,
    progress: Progress = None,
) -> Completion[T]:
    """Fill the gaps of a table of any number of dimensions, and say how far to trust what was filled in.

    Parameters
    ----------
    x
        - a numpy array, whose gaps are NaN, or a masked array: its axes are the modes;
        - a pandas DataFrame: long (a row a cell; index columns and a value column), or wide (rows and columns are
          labels, every level of a MultiIndex is a mode). A Series with a MultiIndex;
        - an xarray DataArray: dimensions are the modes, coordinates the labels. Of a Dataset, the variables over the
          same dimensions are filled together, each with a mean and a scale of its own.
    value, index
        The value column (default: the last) and the index columns (default: all others) of a long DataFrame.
    layout
        ``"long"`` or ``"wide"``. Default: long, where the rows are only numbered and some column holds more than
        measurements, or all columns but the last repeat and tell the rows apart, or where value or index is given; else wide. The result's ``note`` says what was taken.
    modes, labels
        Names of the axes of a numpy array, and the labels of each (None: numbered). Labels that are numbers or dates
        put an axis in order.
    full_grid
        Fill also the combinations of labels that a long table does not list; these are added as rows.
    duplicates
        Which value counts for cells that are listed with different ones. Default: such a table is refused.
    censored
        Texts among the values such as ``"<0.5"``, ``">=200"`` or ``"0.1..0.5"`` are limits, as of detection: what is filled
        lies between them, and they tell the model what they say.
    above, below
        Limits of values that are NaN, as arrays with a number for every value of the table (of a long table, a row), NaN
        where there is none: the value lies above the one and below the other.
    interval
        A share in percent, such as 90: ``low`` and ``high`` hold it.
    draws
        So many further tables whose filled values are drawn jointly from what the model holds possible, for multiple
        imputation: the list ``draws`` of the result.
    noise
        How values scatter: ``auto``, ``gaussian``, ``student`` for outliers, ``bernoulli`` for shares, ``counts``, ``binomial``,
        ``ordinal`` for ratings, ``lognormal``. Where labels of a mode are variables of different kinds: ``by-label``, or single
        labels such as ``rain=lognormal,frost=counts``.
    rank
        The number of blocks. Default: found.
    standardise
        ``auto``, ``none``, ``global``, or the mode whose every label gets its own mean and scale.
    smooth
        Modes whose neighbouring labels are expected to be alike. Default: found out.
    nonnegative
        No factor has a negative entry, as spectra and the parts of mixtures: ``factors`` of the result holds them.
    order
        What puts the labels of a mode in order: ``coordinate``, ``appearance`` or ``none``.
    period
        After what an ordered mode may repeat, in its unit.
    missing
        Further numbers that stand for a gap, such as -999.
    depth
        Depth of the gradient flow whose emerging blocks a report shows: one number, or one a mode.
    seed, threads
        The result depends on the seed, not on the threads (default: all processors).
    effort
        Work to spend: 2 takes twice as long for a little less error, 0.5 half.
    max_time
        Seconds after which the best so far is taken.
    yes
        Go on where the table looks as if it was misread.
    report
        Write a page about the result to this .html file.
    progress
        True shows a bar (tqdm), False none; a function is told every update as a dict. Default: a bar where tqdm is
        installed and somebody looks.

    Raises
    ------
    InputError
        The table or the settings are at fault; the message says where, and what to do.

    Examples
    --------
    >>> import numpy as np, lacuna
    >>> rows, columns = np.arange(1.0, 9), np.arange(1.0, 8)
    >>> x = np.outer(rows, columns)
    >>> x[2, 3] = x[5, 1] = np.nan
    >>> c = lacuna.complete(x, effort=0.001, threads=1)
    >>> c.filled.round(3)[2, 3], c.filled.round(3)[5, 1], int(c.was_filled.sum())
    (12.0, 12.0, 2)
    >>> bool(np.isnan(c.stderr[0, 0])), c.status
    (True, 'finished')
    >>> c = lacuna.complete(x, effort=0.001, threads=1, draws=5)
    >>> len(c.draws), c.draws[0].shape, bool(c.draws[0][0, 0] == x[0, 0])
    (5, (8, 7), True)
    """
    _settings.work(rank, seed, threads, effort, max_time)
    for name, yes_or_no in (("full_grid", full_grid), ("censored", censored), ("nonnegative", nonnegative), ("yes", yes)):
        _settings.truth(name, yes_or_no)
    if interval is not None:
        _settings.number("interval", interval, 0, "a share in percent, above 0 and below 100, such as 90", below=100)
    if draws is not None:
        _settings.whole("draws", draws, 1, "a whole number from 1 on, such as 20")
    if duplicates is not None:
        _settings.choice("duplicates", duplicates, ("mean", "first", "last"))
    if report is not None:
        _settings.path("report", report)
    _settings.text("noise", noise, "'auto' or the name of a noise, such as 'student'")
    _settings.text("standardise", standardise, "'auto', 'none', 'global' or the name of a mode")
    depths = [] if depth is None else _settings.numbers("depth", depth, DEPTH)
    for one in depths:
        _settings.whole("depth", one, 0, DEPTH)
    smoothed = _settings.names("smooth", smooth, "a mode")
    marks = _settings.numbers("missing", missing, "a number, or a list of numbers")
    orders = _settings.by_mode("order", order, "'coordinate'")
    for mode, how in orders.items():
        _settings.choice(f"order[{mode!r}]", how, ("coordinate", "appearance", "none"))
    periods = {mode: _settings.numbers(f"period[{mode!r}]", p, PERIOD) for mode, p in _settings.by_mode("period", period, "12").items()}
    for mode, lengths in periods.items():
        for length in lengths:
            _settings.number(f"period[{mode!r}]", length, 0, PERIOD)
    censored = censored or above is not None or below is not None
    table = _tables.of(
        x, **_given(value=value, index=index, layout=layout, modes=modes, labels=labels, censored=censored or None, yes=yes or None),
    )
    for text in table.warnings:
        _command.warn(text)
    if censored:
        table.censor(above, below)
    reading = [
        *(["--censored"] if censored else []),
        *_flag("--duplicates", duplicates), *(["--full-grid"] if full_grid else []), *(["--yes"] if yes else []),
        *_each("--missing", [repr(float(m)) for m in marks]),
        *_each("--order", [f"{mode}={how}" for mode, how in orders.items()]),
    ]
    flags = [
        *_flag("--interval", interval), *_flag("--rank", rank), *_flag("--depth", listed(depths)),
        *_flag("--threads", threads), *_flag("--max-time", None if max_time is None else f"{max(float(max_time), 1e-9):.9f}"),
        *_flag("--report", report), *_each("--smooth", smoothed), *_each("--period", [f"{mode}={float(p)!r}" for mode, several in periods.items() for p in several]),
        *(["--nonnegative"] if nonnegative else []),
        "--noise", noise, "--standardise", standardise, "--seed", str(seed), "--effort", repr(float(effort)), *reading,
    ]
    with _command.scratch() as folder, listening(progress, "completing") as listen:
        path, fit = os.path.join(folder, "factors.npz"), os.path.join(folder, "table.fit")
        if draws is not None:
            flags += ["--save", fit]
        source = ["-", "--format", "npz", "--array", "values"]
        given, answer = table.arrays(), Answer(table.values.size)
        if draws is None:
            table.forget()
        outcome = _command.run(
            ["complete", *source, "-o", "-", "--factors", path, *flags], given, listen, FLAGS, sieve=answer.sieve,
        )
        values, added = outcome.arrays.pop("values"), {**outcome.arrays, **answer.tails}
        filled, drawn = table.restore(values, added), None
        cells = answer.cells(values)
        if draws is not None:
            words = [*source, *reading, "--draws", str(draws), "-o", os.path.join(folder, "draws.npz")]
            drawn = _draws.draw(table, values, cells.flags(), added, fit, words)
        return Completion(
            filled, Factors.load(path) if os.path.exists(path) else None, outcome.result,
            table.warnings + outcome.warnings, table.note, drawn, cells, table.like(filled),
        )


def _given(**parameters: Any) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _flag(name: str, value: Any) -> list[str]:
    return [] if value is None else [name, os.fspath(value) if isinstance(value, os.PathLike) else str(value)]


def _each(name: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (name, _quoted(value))]


def _quoted(value: str) -> str:
    """A value of a flag that takes a list, in which a comma begins the next.

    >>> _quoted("month=12"), _quoted('a, "b"=none')
    ('month=12', '"a, ""b""=none"')
    """
    return value if not any(sign in value for sign in ',"\n\r') else '"' + value.replace('"', '""') + '"'


def listed(values: Iterable[Any]) -> str | None:
    return ",".join(map(str, values)) or None
