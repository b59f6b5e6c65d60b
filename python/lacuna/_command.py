"""One run of the command: arrays in, arrays out, and what it says on the way (docs/interface.md)."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import IO, Any, Callable, Iterator, Sequence

import numpy as np

from lacuna import _binary, _npz

INTERFACE = 1

Event = dict[str, Any]
Arrays = dict[str, "np.ndarray[Any, Any]"]


_telling: ContextVar[bool] = ContextVar("telling", default=True)


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keeps warnings to the outcome. Filters of Python's warnings are those of all threads."""
    before = _telling.set(False)
    try:
        yield
    finally:
        _telling.reset(before)


def warn(text: str) -> None:
    """Warn at the line that called this package."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        level, frame = level + 1, frame.f_back
    if _telling.get():
        warnings.warn(text, LacunaWarning, stacklevel=level)


class LacunaError(RuntimeError):
    """The command failed. ``code`` is its exit code (docs/cli.md)."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class InputError(LacunaError, ValueError):
    """The data or the settings are at fault; the message says where, and what to do."""


class LacunaWarning(UserWarning):
    """What the command warned of. It is also in the ``warnings`` of the result."""


class Outcome:
    """What a run of the command gave: arrays, the result as the JSON of ``--json``, and warnings."""

    def __init__(self) -> None:
        self.arrays: Arrays = {}
        self.result: dict[str, Any] = {}
        self.warnings: list[str] = []
        self.error: Event | None = None
        self.raised: BaseException | None = None
        self.interface: int | None = None
        self.other: list[str] = []


class _Terminated(BaseException):
    """SIGTERM came."""


@contextmanager
def scratch() -> Iterator[str]:
    """A folder for files of one call. SIGTERM, which ends a process at once, removes it first, unless the process has a handler
    of its own."""
    watched = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL

    def end(*_: Any) -> None:
        raise _Terminated

    if watched:
        signal.signal(signal.SIGTERM, end)
    try:
        with tempfile.TemporaryDirectory(prefix="lacuna-") as folder:
            yield folder
    except _Terminated:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        if watched:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def run(
    arguments: Sequence[str],
    arrays: Arrays | None,
    listen: Callable[[Event], None] | None = None,
    parameters: Sequence[str] = (),
    accept: Sequence[int] = (0,),
    sieve: Callable[[str], _npz.Sieve | None] = lambda _: None,
) -> Outcome:
    """Run the command with arrays on its standard input, which are taken out of their dict as they are written.

    What the command writes goes through the sieve, if there is one for it. listen is told every update of the progress; what it
    raises ends the command. parameters are the names that flags have in Python, for messages. Exit codes other than those of
    accept become a LacunaError.
    """
    process = _start([_binary.find(), *arguments, "--progress", "json"])
    assert process.stdin and isinstance(process.stdout, io.BufferedReader) and process.stderr
    outcome = Outcome()
    listener = threading.Thread(target=_follow, args=(process, outcome, listen), daemon=True)
    listener.start()
    try:
        _feed(process.stdin, arrays)
        whole = True
        try:
            outcome.arrays = _npz.read(process.stdout, sieve)
        except EOFError:
            whole = False
        code = process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        _close(process.stdin)
        process.stdout.close()
        listener.join()
        process.stderr.close()
    if outcome.raised is not None:
        raise outcome.raised
    _check(outcome, code, accept, parameters)
    if not whole:
        raise LacunaError(f"what the command {_binary.find()} wrote is no whole archive", code)
    return outcome


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise LacunaError(
            f"the command {command[0]} cannot be run ({error.strerror}): give one that is made for this machine, and may be run", 1,
        ) from None


def _feed(stdin: IO[bytes], arrays: Arrays | None) -> None:
    """A command that has found a fault no longer reads: what it says on standard error tells why."""
    with suppress(BrokenPipeError, ConnectionResetError):
        if arrays is not None:
            _npz.write(stdin, arrays)
    _close(stdin)


def _close(stdin: IO[bytes]) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):
        stdin.close()


def _follow(process: subprocess.Popen[bytes], outcome: Outcome, listen: Callable[[Event], None] | None) -> None:
    assert process.stderr
    for line in iter(process.stderr.readline, b""):
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        try:
            event: Event = json.loads(text)
            kind = event["event"]
        except (ValueError, TypeError, KeyError):
            outcome.other.append(text)
            continue
        if kind == "start":
            outcome.interface = event["interface"]
        elif kind == "progress" and listen and outcome.raised is None:
            try:
                listen(event)
            except BaseException as error:  # is raised where the command was called
                outcome.raised = error
                process.kill()
        elif kind == "warning":
            outcome.warnings.append(event["text"])
        elif kind == "result":
            outcome.result = event["result"]
        elif kind == "error":
            outcome.error = event


def _check(outcome: Outcome, code: int, accept: Sequence[int], parameters: Sequence[str]) -> None:
    if outcome.interface not in (None, INTERFACE):
        raise LacunaError(
            f"the command {_binary.find()} speaks version {outcome.interface} of its interface, this package version "
            f"{INTERFACE}: install both from one release", code,
        )
    if code not in accept:
        message = outcome.error["text"] if outcome.error else "\n".join(outcome.other) or _ended(code)
        if outcome.interface is None and "unknown flag: --progress" in message:
            message = f"the command {_binary.find()} is older than this package: install both from one release"
        raise (InputError if code == 2 else LacunaError)(in_python(message, parameters), code)
    if not outcome.result:
        raise LacunaError(f"the command {_binary.find()} gave no result: it is not lacuna, or older than this package", code)
    if outcome.error is not None:  # that of an accepted end: a run without an answer
        outcome.warnings.append(outcome.error["text"])
    outcome.warnings = [in_python(text, parameters) for text in outcome.warnings]
    for text in outcome.warnings:
        warn(text)


def _ended(code: int) -> str:
    if code == -9:
        return "the command was killed (signal 9), as a system does that is short of memory"
    return f"the command was ended by signal {-code}" if code < 0 else f"the command ended with code {code}"


def in_python(message: str, parameters: Sequence[str]) -> str:
    """A message with the parameters of a function in place of the command's flags.

    >>> in_python("give --full-grid, or --comment", ["full_grid"])
    'give full_grid=, or --comment'
    """

    def parameter(match: re.Match[str]) -> str:
        name = match[1].replace("-", "_")
        return name + "=" if name in parameters else match[0]

    message = re.sub(r"\nTry 'lacuna [a-z ]*--help'\.$", "", message.removeprefix("lacuna: ").replace("standard input: ", ""))
    message = message.replace("a file in the format NumPy .npz", "an array")
    return re.sub(r"--([a-z][a-z-]*)", parameter, message)
