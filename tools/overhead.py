#!/usr/bin/env python3
"""What the Python package adds to the command, in seconds and in memory, for a table of a million known cells.

    PYTHONPATH=python LACUNA_BINARY=./lacuna python3 tools/overhead.py [array|masked|wide|series|long|xarray|dataset] ...

The command's answer is recorded once. Calls are then timed with a stand-in that reads what it is given and plays that answer, so
that they cost what the package does and nothing else; a call of the stand-in alone is taken off. Memory is the most that the
process holds beyond what it held with the table. Needs Linux, numpy, and the library of the type.
"""

from __future__ import annotations

import ctypes
import gc
import os
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

import lacuna
from lacuna import _binary

KNOWN, GAPS = 10**6, 0.2
SETTINGS = {"effort": 0.0005, "rank": 2, "noise": "gaussian", "threads": 2}

RECORDS = """#!/bin/sh
case "$*" in *"--factors "*) factors=${*#*--factors }; factors=${factors%%%% *};; esac
if [ ! -e %(folder)s/answer ]; then
    %(command)s "$@" > %(folder)s/first 2> %(folder)s/events || exit
    cp "$factors" %(folder)s/factors && mv %(folder)s/first %(folder)s/answer
else
    cat > /dev/null
fi
cp %(folder)s/factors "$factors"
cat %(folder)s/events >&2
cat %(folder)s/answer
"""


def table(kind: str) -> tuple[object, int]:
    """A table, and the bytes of its cells."""
    random = np.random.default_rng(3)
    shape = (100, 100, round(KNOWN / (1 - GAPS) / 10**4))
    x = np.einsum("ir,jr,kr->ijk", *(random.normal(size=(d, 2)) for d in shape)) + 0.1 * random.normal(size=shape)
    x.reshape(-1)[random.permutation(x.size)[: x.size - KNOWN]] = np.nan
    if kind == "array":
        return x, x.nbytes
    if kind == "masked":
        return np.ma.masked_invalid(x), x.nbytes
    if kind in ("wide", "series", "long"):
        import pandas as pd

        index = pd.MultiIndex.from_product([range(d) for d in shape], names=list("abc"))
        series = pd.Series(x.reshape(-1), index=index, name="value")
        if kind == "long":
            long = series.reset_index()
            return long, int(long.memory_usage(index=False).sum())
        return (series if kind == "series" else series.unstack("c")), x.nbytes
    import xarray as xr

    if kind == "xarray":
        return xr.DataArray(x), x.nbytes
    return xr.Dataset({f"v{k}": (("a", "b"), x[:, :, k].copy()) for k in range(shape[2])}), x.nbytes


def held(what: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return 1024 * int(line.split()[1])
    raise OSError("this system does not say how much memory a process holds")


def measure(kind: str) -> None:
    x, size = table(kind)
    with tempfile.TemporaryDirectory() as folder:
        stand_in = Path(folder, "lacuna")
        stand_in.write_text(RECORDS % {"folder": folder, "command": _binary.find()})
        stand_in.chmod(stand_in.stat().st_mode | stat.S_IXUSR)
        before = os.environ.get(_binary.VARIABLE)
        os.environ[_binary.VARIABLE] = str(stand_in)
        lacuna.complete(x, **SETTINGS)
        calls, alone, most, late = [], [], [], []
        for _ in range(7):
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)  # gives back what was freed, which a call could use again unseen
            Path("/proc/self/clear_refs").write_text("5")  # begins the peak anew
            base, start = held("VmRSS"), time.perf_counter()
            c = lacuna.complete(x, **SETTINGS)
            calls.append(time.perf_counter() - start)
            most.append(held("VmHWM") - base)
            _ = c.stderr
            late.append(held("VmHWM") - base)
            del c, _
            start = time.perf_counter()
            subprocess.run([stand_in, "--factors", f"{folder}/again"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
            alone.append(time.perf_counter() - start)
        os.environ.pop(_binary.VARIABLE) if before is None else os.environ.update({_binary.VARIABLE: before})
    seconds = [float(np.median(calls) - np.median(alone)), max(calls)]
    print(f"{kind}: {size / 1e6:.1f} MB; the call adds {seconds[0]:.2f} s (the longest took {seconds[1]:.2f} s), memory "
          f"{max(most) / size:.2f} × the table, {max(late) / size:.2f} × with stderr")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for each in sys.argv[1:] or ["array", "masked", "wide", "series", "long", "xarray", "dataset"]:
        subprocess.run([sys.executable, __file__, each], check=True) if len(sys.argv) != 2 else measure(each)
