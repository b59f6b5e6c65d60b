"""The command lacuna, as the shell knows it: ``python -m lacuna complete table.csv``."""

from __future__ import annotations

import os
import subprocess
import sys

from lacuna import _binary


def main() -> int:
    try:
        command = [_binary.find(), *sys.argv[1:]]
    except FileNotFoundError as error:
        print(f"lacuna: {error}", file=sys.stderr)
        return 1
    if os.name == "posix":
        os.execv(command[0], command)
    return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main())
