"""Where the command is that does the work."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

VARIABLE = "LACUNA_BINARY"


def find() -> str:
    """The command: what the variable LACUNA_BINARY names, else the one in this package, else the one on the path."""
    name = "lacuna.exe" if sys.platform == "win32" else "lacuna"
    named = os.environ.get(VARIABLE)
    if named:
        if not os.path.isfile(named):
            raise FileNotFoundError(f"{VARIABLE} names {named}, and there is no such file")
        return named
    packaged = Path(__file__).with_name("bin") / name
    if packaged.is_file():
        return str(packaged)
    found = shutil.which("lacuna")
    # The script of this package has the command's name, and would only come back here.
    if found and os.path.realpath(found) != os.path.realpath(sys.argv[0]) and not _is_script(found):
        return found
    raise FileNotFoundError(
        f"the command lacuna is not there: install a wheel that carries it, put it on the path, or name it in {VARIABLE}"
    )


def _is_script(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == b"#!"
