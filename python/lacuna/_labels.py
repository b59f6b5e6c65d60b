"""Labels as texts: the command finds out itself that they are numbers or dates."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np


def of_axis(labels: np.ndarray[Any, Any], name: str, length: int | None = None) -> list[str]:
    """How the labels of an axis are written, each of which names one entry. length is that of the axis.

    >>> of_axis(np.array([1.0, np.nan]), "axis 0")
    Traceback (most recent call last):
    ValueError: axis 0: entry 1 has no label: give it one, or leave it out
    """
    if length is not None and len(labels) != length:
        raise ValueError(f"{name}: {len(labels)} labels for {length} entries: give every entry a label of its own")
    none = [k for k, label in enumerate(labels) if label is None or label != label]  # NaN and NaT are not equal to themselves
    if none:
        raise ValueError(f"{name}: entry {none[0]} has no label: give it one, or leave it out")
    written = texts(labels)
    seen: set[str] = set()
    for k, text in enumerate(written):
        if text in seen:
            raise ValueError(f"{name}: the label {text} is there twice, again as entry {k}: give every entry a label of its own")
        seen.add(text)
    return written


def texts(labels: np.ndarray[Any, Any]) -> list[str]:
    """How labels are written: dates as 2020-01-31, with a time where there is one; whole numbers without a point.

    >>> texts(np.array(["2020-01-01", "2020-01-02"], dtype="M8[ns]"))
    ['2020-01-01', '2020-01-02']
    >>> texts(np.array([1.0, 2.5])), texts(np.array(["2020-01"], dtype="M8[M]"))
    (['1', '2.5'], ['2020-01'])
    """
    kind = labels.dtype.kind
    if kind == "M":
        return _dates(labels)
    if kind == "m":
        return [str(x) for x in labels.astype(np.int64)]
    if kind == "f":
        return [repr(int(x)) if float(x).is_integer() else repr(float(x)) for x in labels]
    return [_text(x) for x in labels.tolist()]


def _text(label: Any) -> str:
    """Timestamps at midnight are dates."""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    text = str(label)
    return text.removesuffix(" 00:00:00") if hasattr(label, "isoformat") else text


def _dates(labels: np.ndarray[Any, Any]) -> list[str]:
    if np.datetime_data(labels.dtype)[0] in ("Y", "M", "D"):
        return [str(x) for x in np.datetime_as_string(labels)]
    if np.all(labels == labels.astype("M8[D]")):
        return [str(x) for x in np.datetime_as_string(labels, unit="D")]
    whole = np.all(labels == labels.astype("M8[s]"))
    return [str(x) for x in np.datetime_as_string(labels, unit="s" if whole else "ns")]


def parsed(text: str, known: Sequence[Any] | np.ndarray[Any, Any]) -> Any:
    """A label that the command has added, as the labels are that were known."""
    kind = np.asarray(known).dtype.kind
    if kind == "M":
        return np.datetime64(text)
    if kind in "iu":
        return int(text)
    if kind == "m":
        return np.timedelta64(int(text), np.datetime_data(np.asarray(known).dtype)[0])
    return float(text) if kind == "f" else text
