"""What is wrong with a setting is told before the command runs, in Python's words."""

from __future__ import annotations

import os
from numbers import Integral, Real
from typing import Any, Collection, Iterable, Mapping, Sequence

import numpy as np


def _wrong(name: str, value: Any, allowed: str, kind: type[Exception]) -> Exception:
    return kind(f"{name}={value!r}: give {allowed}")


def whole(name: str, value: Any, low: int, allowed: str, high: int | None = None) -> None:
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise _wrong(name, value, allowed, TypeError)
    if int(value) < low or high is not None and int(value) > high:
        raise _wrong(name, value, allowed, ValueError)


def number(name: str, value: Any, above: float, allowed: str, below: float = np.inf, upto: float = np.inf) -> None:
    """A number above one and below another, and not above a third."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise _wrong(name, value, allowed, TypeError)
    if not (above < float(value) < below and float(value) <= upto):
        raise _wrong(name, value, allowed, ValueError)


def truth(name: str, value: Any) -> None:
    if not isinstance(value, (bool, np.bool_)):
        raise _wrong(name, value, "True or False", TypeError)


def text(name: str, value: Any, allowed: str) -> None:
    if not isinstance(value, str):
        raise _wrong(name, value, allowed, TypeError)
    if not value:
        raise _wrong(name, value, allowed, ValueError)


def choice(name: str, value: Any, choices: Sequence[str]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise _wrong(name, value, f"one of {', '.join(map(repr, choices))}", ValueError if isinstance(value, str) else TypeError)


def names(name: str, value: Any, of: str) -> list[Any]:
    """The names of modes, one or several."""
    allowed = f"the name of {of}, or a list of names"
    several = [value] if isinstance(value, str) else value
    if isinstance(several, Mapping) or not isinstance(several, Iterable):
        raise _wrong(name, value, allowed, TypeError)
    several = list(several)
    if not all(isinstance(one, str) and one for one in several):
        raise _wrong(name, value, allowed, TypeError)
    return several


def numbers(name: str, value: Any, allowed: str) -> list[Any]:
    """Numbers, one or several."""
    several = [value] if isinstance(value, Real) else value
    if isinstance(several, (str, bytes, Mapping)) or not isinstance(several, Iterable):
        raise _wrong(name, value, allowed, TypeError)
    several = list(several)
    if not all(isinstance(one, Real) and not isinstance(one, bool) for one in several):
        raise _wrong(name, value, allowed, TypeError)
    return several


def by_mode(name: str, value: Any, example: str) -> Mapping[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{name}={value!r}: give a dict by mode, such as {name}={{'month': {example}}}")
    return value


def axes(value: Any, dimensions: int) -> None:
    """The names of the axes of an array."""
    allowed = f"a list of {dimensions} names, one an axis, no two alike"
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Collection):
        raise _wrong("modes", value, allowed, TypeError)
    words = [str(one) for one in value]
    if any(one is None for one in value) or "" in words or len(words) != dimensions or len(set(words)) < len(words):
        raise _wrong("modes", value, allowed, ValueError)


def labels(value: Any, shape: Sequence[int]) -> None:
    """The labels of the axes of an array."""
    allowed = f"a list of {len(shape)} at most, the labels of an axis each, or None"
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Collection):
        raise _wrong("labels", value, allowed, TypeError)
    if len(value) > len(shape):
        raise ValueError(f"labels= has {len(value)} entries: give {allowed}")
    for n, one in enumerate(value):
        if one is not None and (isinstance(one, (str, bytes)) or not isinstance(one, Iterable)):
            raise TypeError(f"labels of axis {n}: {one!r} is no list of labels: give one label an index, or None")


def path(name: str, value: Any) -> None:
    if not isinstance(value, (str, os.PathLike)):
        raise _wrong(name, value, "the name of a file that ends in .html", TypeError)


def work(rank: Any, seed: Any, threads: Any, effort: Any, max_time: Any) -> None:
    """What complete and the imputer have in common."""
    if rank is not None:
        whole("rank", rank, 1, "a number of blocks, a whole number from 1 on, or None: found out")
    whole("seed", seed, 0, "a whole number from 0 on, below 2**64", 2**64 - 1)
    if threads is not None:
        whole("threads", threads, 0, "a whole number from 1 to 4096, or None: all processors", 4096)
    number("effort", effort, 0, "a number above 0, up to 1000", upto=1000)
    if max_time is not None:
        number("max_time", max_time, 0, "seconds, a number above 0, or None: no limit")
