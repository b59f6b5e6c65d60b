"""Archives of arrays that go through pipes: written piece by piece, read without a second copy."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import IO, Any, Mapping, cast

import numpy as np


def write(stream: IO[bytes], arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Write arrays to a stream that cannot seek, uncompressed."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(name + ".npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)  # type: ignore[no-untyped-call]


def read(data: bytearray) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of an archive. Those that are not compressed lie in data, and may be written to."""
    arrays = {}
    view = _View(data)
    with zipfile.ZipFile(cast(IO[bytes], view)) as archive:
        for info in archive.infolist():
            if not info.filename.endswith(".npy"):
                continue
            name = info.filename[:-4]
            if info.compress_type != zipfile.ZIP_STORED:
                with archive.open(info) as member:
                    arrays[name] = np.lib.format.read_array(member, allow_pickle=False)  # type: ignore[no-untyped-call]
                continue
            fixed = 30
            name_length, extra_length = struct.unpack_from("<HH", data, info.header_offset + 26)
            view.seek(info.header_offset + fixed + name_length + extra_length)
            arrays[name] = _array_at(view, data)
    return arrays


def _array_at(view: _View, data: bytearray) -> np.ndarray[Any, Any]:
    version = np.lib.format.read_magic(view)  # type: ignore[no-untyped-call]
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(view)  # type: ignore[no-untyped-call]
    count = int(np.prod(shape, dtype=np.int64))
    flat = np.frombuffer(data, dtype, count, view.tell())
    return flat.reshape(shape, order="F" if fortran else "C")


class _View(io.RawIOBase):
    """Bytes as a file, without a copy of them."""

    def __init__(self, data: bytearray) -> None:
        self._data = memoryview(data)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        piece = self._data[self._at : self._at + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
