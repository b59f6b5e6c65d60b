"""What the tests share."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from lacuna import _binary

try:
    import pandas as pd
except ImportError:
    pd = None
try:
    import xarray as xr
except ImportError:
    xr = None

QUICK: dict[str, Any] = {"effort": 0.001, "threads": 1}


def cube(shape: tuple[int, ...] = (6, 5, 4), gaps: float = 0.2) -> np.ndarray[Any, Any]:
    """Values of rank two, some of them NaN."""
    random = np.random.default_rng(7)
    x: np.ndarray[Any, Any] = np.zeros(shape)
    for _ in range(2):
        block = np.ones(())
        for d in shape:
            block = np.multiply.outer(block, random.normal(size=d))
        x += block
    x += 0.01 * random.normal(size=shape)
    x[random.random(shape) < gaps] = np.nan
    return x


def by_command(x: np.ndarray[Any, Any], *flags: str, **more: Any) -> dict[str, Any]:
    """What the command itself makes of a file."""
    with tempfile.TemporaryDirectory() as folder:
        source, filled = Path(folder, "x.npz"), Path(folder, "filled.npz")
        np.savez(source, values=x, **more)
        words = ["complete", source, "-o", filled, "--array", "values", "--effort", "0.001", "--quiet", *flags]
        subprocess.run([_binary.find(), *map(os.fspath, words)], check=True, stderr=subprocess.DEVNULL)
        with np.load(filled) as archive:
            return dict(archive)
