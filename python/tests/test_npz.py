"""Archives are read from a pipe, piece by piece."""

from __future__ import annotations

import io
import unittest
import zipfile
from typing import IO, Any

import numpy as np

from lacuna import _npz


class Pipe(io.RawIOBase):
    """Bytes that come a few at a time, and cannot be sought."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._data.read(min(len(buffer), 1000))
        buffer[: len(piece)] = piece
        return len(piece)


class Sink(io.RawIOBase):
    """A stream that cannot seek: the sizes of members stand behind them."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.data += bytes(piece)
        return len(piece)


ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "values": np.arange(3000.0).reshape(10, 20, 15),
    "turned": np.asfortranarray(np.arange(12, dtype=np.int32).reshape(3, 4)),
    "labels_0": np.array(["one", "zwölf"]),
    "nothing": np.empty((0, 3)),
    "number": np.array(2.5),
}


def archive(method: int, out: IO[bytes] | io.RawIOBase) -> None:
    with zipfile.ZipFile(out, "w", method) as z:
        for name, array in ARRAYS.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array)
            z.writestr(name + ".npy", member.getvalue())


def described(method: int) -> bytes:
    """An archive whose members have their sizes behind them."""
    out = Sink()
    archive(method, out)
    return bytes(out.data)


def headed(method: int) -> bytes:
    """An archive whose members have their sizes before them."""
    out = io.BytesIO()
    archive(method, out)
    return out.getvalue()


def piped(data: bytes) -> dict[str, np.ndarray[Any, Any]]:
    return _npz.read(io.BufferedReader(Pipe(data)))


class Archives(unittest.TestCase):
    def test_every_kind_of_member(self) -> None:
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            for data in (headed(method), described(method)):
                got = piped(data)
                self.assertEqual(list(got), list(ARRAYS))
                for name, want in ARRAYS.items():
                    np.testing.assert_array_equal(got[name], want)
                    self.assertEqual((got[name].dtype, got[name].shape), (want.dtype, want.shape))
                    self.assertTrue(got[name].flags.writeable)
        self.assertTrue(got["turned"].flags.f_contiguous)

    def test_what_is_written_is_read(self) -> None:
        out = Sink()
        _npz.write(out, dict(ARRAYS))  # type: ignore[arg-type]
        got = piped(bytes(out.data))
        self.assertEqual(list(got), list(ARRAYS))
        for name, want in ARRAYS.items():
            np.testing.assert_array_equal(got[name], want)

    def test_nothing_and_what_ends_early(self) -> None:
        self.assertEqual(piped(b""), {})
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            data = headed(method)
            for length in (2, 10, 50, 500):
                with self.assertRaises(EOFError):
                    piped(data[:length])


if __name__ == "__main__":
    unittest.main()
