"""Limits in place of values: <0.5, as of detection, and arrays of them."""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_NUMBER = r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*"
_ONE = re.compile(rf"\s*(<=|<|≤|>=|>|≥){_NUMBER}")
_BETWEEN = re.compile(rf"[\[(]?{_NUMBER}(?:\.\.|;|,){_NUMBER}[\])]?")


def is_gap(value: Any) -> bool:
    """None and the NA of pandas stand for a gap among objects."""
    return value is None or value is getattr(sys.modules.get("pandas"), "NA", None)


def split(values: Array) -> tuple[Array, Array, Array]:
    """The numbers of an array of objects, NaN where a text says limits, and these: above which and below which values lie.

    >>> [a.tolist() for a in split(np.array(["<0.5", 2, None, "0.1..0.5"], dtype=object))]
    [[nan, 2.0, nan, nan], [nan, nan, nan, 0.1], [0.5, nan, nan, 0.5]]
    """
    flat = values.reshape(-1)
    numbers, above, below = (np.full(flat.shape, np.nan) for _ in range(3))
    for k, value in enumerate(flat):
        if not isinstance(value, str):
            numbers[k] = np.nan if is_gap(value) else value
        elif one := _ONE.fullmatch(value):
            (below if one[1] in ("<", "<=", "≤") else above)[k] = float(one[2])
        elif two := _BETWEEN.fullmatch(value):
            above[k], below[k] = float(two[1]), float(two[2])
        elif value.strip():
            try:
                numbers[k] = float(value)
            except ValueError:
                raise TypeError(f"the value {value!r} is no number and no limit such as <0.5") from None
    return numbers.reshape(values.shape), above.reshape(values.shape), below.reshape(values.shape)


def like(limits: Any, shape: tuple[int, ...], name: str) -> Array:
    """Limits as an array of a table's shape."""
    try:
        out = np.asarray(limits, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name}={limits!r}: give a number, or an array of one a value, NaN for none") from None
    if out.ndim and out.size != int(np.prod(shape)):
        raise ValueError(f"{name}= has {out.size} numbers for {int(np.prod(shape))} values: give one a value, NaN for none")
    if min(out.ndim, len(shape)) > 1 and out.shape != shape:
        raise ValueError(f"{name}= has the shape {out.shape}, and the values have {shape}: give an array of that shape")
    return np.array(np.broadcast_to(out, shape) if out.ndim == 0 else out.reshape(shape))
