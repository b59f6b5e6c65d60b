"""train: one run of the laboratory."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Hashable, Iterable, Mapping, Sequence

import numpy as np

from lacuna import _command, _settings, _tables
from lacuna._complete import _given, listed
from lacuna._progress import Progress, listening
from lacuna._result import Factors

WITHOUT_BLOCKS = ("ht", "tt", "tucker")  # these models have no CP factors
CELLS = ("cells", "values")  # end the names of what a state says beside the parameters
UNMET = 3  # the exit code of a run that ended without an answer


@dataclass
class Training:
    """A run along the gradient flow.

    ``trajectory`` has a row a record: steps, time, step, evaluations, wall_seconds, loss, train_mse, test_mse, held_out,
    epsilon, rank, and the norms deep_1 … deep_R and shallow_1 … shallow_R of every block; NaN is what was not measured.
    It is a DataFrame where pandas is installed, else a dict of arrays.

    ``deep`` and ``shallow`` are these norms as arrays, records × R. ``factors`` is the CP model that the run ended in, None of models
    without blocks. ``state`` holds all parameters at its end, with ``state=True``: ``w_0`` (R × d) and, of chains with
    matrices, ``A_0`` (R × k × d × d), … a mode each, and the cells that they were trained on (docs/formats.md); else it is None.
    ``result`` is the JSON object of ``lacuna train --json``, whose fields docs/cli.md describes.
    """

    trajectory: Any
    deep: np.ndarray[Any, Any]
    shallow: np.ndarray[Any, Any]
    factors: Factors | None
    result: dict[str, Any] = field(repr=False)
    warnings: list[str]
    state: dict[str, np.ndarray[Any, Any]] | None = field(default=None, repr=False)

    @property
    def status(self) -> str:
        """Why the run ended, such as ``converged``."""
        return str(self.result["status"])

    def __repr__(self) -> str:
        r = self.result
        error = "not finite" if r["train_mse"] is None else f"{r['train_mse']:.3g}"
        return (
            f"lacuna.Training({r['status']} after {r['evaluations']:,} evaluations at flow time {r['flow_time']:.4g}, "
            f"rank {r['effective_rank']}, train MSE {error}, {len(self.deep)} records)"
        )


def train(
    x: Any = None,
    *,
    value: Hashable | None = None,
    index: Sequence[Hashable] | None = None,
    layout: str | None = None,
    modes: Sequence[str] | None = None,
    labels: Sequence[Iterable[Any] | None] | None = None,
    start: str | Mapping[str, Any] | None = None,
    state: bool = False,
    progress: Progress = None,
    **settings: Any,
) -> Training:
    """Follow the gradient flow of deep CP factorisation from a near-zero start, and record it.

    x is a table as for ``complete``, or None with ``synthetic="10x10x10"``. settings are the flags of ``lacuna train``,
    with _ in place of -: ``depth=1, blocks=100, integrator="rk54", until_mse=1e-6, observed=0.2,
    max_evaluations=1000, max_time=60`` and so on (``lacuna train --help`` lists them with their defaults). True is a flag
    without a value; a sequence is a list.

    start is the name of a start, such as ``"balanced"``, or the start itself: arrays under the names that ``state`` of a run
    has with ``state=True``. Blocks and depths are then those of the arrays.

    A run that diverged or ran away is returned with a warning: see ``status``.

    >>> import lacuna
    >>> run = lacuna.train(synthetic="6x6x6", true_rank=1, observed=0.5, blocks=8, threads=1)
    >>> run.status, run.result["effective_rank"], run.deep.shape[1]
    ('converged', 1, 8)
    >>> start = lacuna.train(synthetic="6x6x6", blocks=8, max_evaluations=1, state=True, threads=1).state
    >>> start["w_0"].shape, lacuna.train(synthetic="6x6x6", start=start, threads=1).deep.shape[1]
    ((8, 6), 8)
    """
    _settings.truth("state", state)
    if (x is None) == ("synthetic" not in settings):
        raise TypeError('give either a table or synthetic="10x10x10"')
    for name in ("output", "json", "factors", "resume", "format", "array", "export", "help"):
        if name in settings:
            raise TypeError(f"{name}= is no setting here: what the run gives is in what train returns")
    arrays: _tables.Arrays | None = None
    source: list[str] = []
    if x is not None:
        arrays = _tables.of(x, **_given(
            value=value, index=index, layout=layout, modes=modes, labels=labels, yes=settings.get("yes") or None,
        )).arrays()
        source = ["-", "--format", "npz", "--array", "values"]
    with _command.scratch() as folder, listening(progress, "training") as listen:
        path, end = os.path.join(folder, "factors.npz"), os.path.join(folder, "state.npz")
        words = [] if settings.get("model") in WITHOUT_BLOCKS else ["--factors", path]
        words += [*_start(start, os.path.join(folder, "start.npz")), *(["--export", end] if state else [])]
        try:
            outcome = _command.run(
                ["train", *source, "-o", "-", *words, *_flags(settings)], arrays, listen, list(settings),
                accept=(0, UNMET),
            )
        except _command.LacunaError as error:
            raise type(error)(_named(str(error), folder), error.code) from None
        factors = Factors.load(path) if os.path.exists(path) else None
        if state:
            with np.load(end) as archive:
                return _training(outcome, factors, dict(archive))
    return _training(outcome, factors, None)


def _start(start: str | Mapping[str, Any] | None, path: str) -> list[str]:
    """The flag of a start, which is written to a file where it is arrays."""
    if start is None or isinstance(start, str):
        return [] if start is None else ["--start", start]
    if not isinstance(start, Mapping):
        raise TypeError(
            f"start is a {type(start).__name__}: give the name of a start, or a dict of arrays w_0, w_1, …, as state=True gives",
        )
    arrays = {str(name): np.asarray(array, dtype=np.float64) for name, array in start.items() if not str(name).endswith(CELLS)}
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return ["--from", path]


def _flags(settings: Mapping[str, Any]) -> list[str]:
    words: list[str] = []
    for name, value in settings.items():
        flag = "--" + name.replace("_", "-")
        if value is None:
            continue
        if isinstance(value, bool):
            words.append(f"{flag}={str(value).lower()}")
        else:
            several = not isinstance(value, str) and isinstance(value, Iterable)
            words += [flag, (listed(value) or "") if several else str(value)]
    return words


def _named(message: str, folder: str) -> str:
    """A message with what is an argument here in place of files and of their flags."""
    message = message.replace(os.path.join(folder, "start.npz"), "start=").replace("the file of --from", "the arrays of start=")
    return message.replace("what --export writes", "what state=True gives").replace("--export", "state=")


def _training(outcome: _command.Outcome, factors: Factors | None, state: dict[str, Any] | None) -> Training:
    columns = dict(outcome.arrays)
    deep = columns.pop("deep")
    shallow = columns.pop("shallow", np.empty((len(deep), 0)))  # models without blocks have none
    for name in ("steps", "evaluations", "rank"):
        columns[name] = columns[name].astype(np.int64)
    norms = {f"{name}_{r + 1}": a[:, r] for name, a in (("deep", deep), ("shallow", shallow)) for r in range(a.shape[1])}
    trajectory: Any = {**columns, **norms}
    try:
        import pandas as pd
    except ImportError:
        pass
    else:
        trajectory = pd.DataFrame(trajectory)
    return Training(trajectory, deep, shallow, factors, outcome.result, outcome.warnings, state)
