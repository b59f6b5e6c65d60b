"""Progress as a bar of tqdm, where it is installed and somebody looks."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Union

Listener = Callable[[dict[str, Any]], None]
Progress = Union[bool, Listener, None]


@contextmanager
def listening(progress: Progress, title: str) -> Iterator[Listener | None]:
    """What is told every update: a function of the caller's, a bar, or nothing.

    None is a bar where tqdm is installed and standard error is a terminal or a notebook's.
    """
    if not (progress is None or isinstance(progress, bool) or callable(progress)):
        raise TypeError(f"progress={progress!r}: give True, False, None or a function")
    if callable(progress):
        yield progress
        return
    watched = sys.stderr is not None and sys.stderr.isatty() or "ipykernel" in sys.modules
    if progress is False or progress is None and not watched:
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        if progress:
            raise ImportError("progress=True draws a bar with tqdm, which is not installed: install it") from None
        yield None
        return
    patience = 0.0 if progress else 2.0
    form = "{desc}: {percentage:3.0f} %|{bar}| {elapsed}{postfix}"
    with tqdm(total=1.0, desc=title, bar_format=form, leave=False, delay=patience) as bar:

        def show(event: dict[str, Any]) -> None:
            bar.set_postfix_str(event.get("note") or "", refresh=False)
            bar.update((event["done"] or 0.0) - bar.n)

        yield show
