"""Archives of arrays that go through pipes: written and read piece by piece, without a second copy."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import IO, Any, Mapping

import numpy as np

Array = np.ndarray[Any, Any]

MEMBER, DESCRIPTOR, DIRECTORY, END = b"PK\x03\x04", b"PK\x07\x08", b"PK\x01\x02", b"PK\x05\x06"
DESCRIBED = 8  # the flag of a member whose sizes stand behind it
HUGE = 0xFFFFFFFF  # from here on they take 64 bits each, and where the header has the field of wide sizes
WIDE_SIZES = 1


def write(stream: IO[bytes], arrays: Mapping[str, Array]) -> None:
    """Write arrays to a stream that cannot seek, uncompressed."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(name + ".npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)  # type: ignore[no-untyped-call]


def read(stream: io.BufferedReader) -> dict[str, Array]:
    """The arrays of an archive, as the command writes it, from a stream that cannot seek; none of a stream that is empty.

    Every array that is not compressed is read into the place where it stays. EOFError says that the archive is not whole.
    """
    arrays = {}
    signature = stream.read(4)
    while signature == MEMBER:
        flags, method, name_length, extra_length = struct.unpack("<2xHH16xHH", _take(stream, 26))
        name = _take(stream, name_length).decode().removesuffix(".npy")
        wide = _has_wide_sizes(_take(stream, extra_length))
        if method == zipfile.ZIP_STORED:
            arrays[name], size = _stored(stream)
        else:
            arrays[name], size = _deflated(stream)
        signature = _take(stream, 4)
        if flags & DESCRIBED and signature == DESCRIPTOR:
            _take(stream, 20 if wide or size >= HUGE else 12)
            signature = _take(stream, 4)
    while stream.read(1 << 16):  # the directory tells nothing new
        pass
    if signature not in (b"", DIRECTORY, END):
        raise EOFError
    return arrays


def _has_wide_sizes(fields: bytes) -> bool:
    at = 0
    while at + 4 <= len(fields):
        kind, length = struct.unpack_from("<HH", fields, at)
        if kind == WIDE_SIZES:
            return True
        at += 4 + length
    return False


def _stored(stream: io.BufferedReader) -> tuple[Array, int]:
    """An array, and the size of its member."""
    magic = _take(stream, 8)
    first = magic[6] == 1
    length = _take(stream, 2 if first else 4)
    text = _take(stream, int.from_bytes(length, "little"))
    header = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(io.BytesIO(length + text))  # type: ignore[no-untyped-call]
    flat = np.empty(int(np.prod(shape, dtype=np.int64)), dtype)
    if flat.nbytes:
        place, at = memoryview(flat.view(np.uint8)), 0
        while at < len(place):
            count = stream.readinto(place[at:])
            if not count:
                raise EOFError
            at += count
    return flat.reshape(shape, order="F" if fortran else "C"), len(magic) + len(length) + len(text) + flat.nbytes


def _deflated(stream: io.BufferedReader) -> tuple[Array, int]:
    """The same of a compressed member; its size is that of what it unpacks to."""
    unpacker, data = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()
    while not unpacker.eof:
        piece = stream.peek()
        if not piece:
            raise EOFError
        data += unpacker.decompress(piece)
        _take(stream, len(piece) - len(unpacker.unused_data))
    array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)  # type: ignore[no-untyped-call]
    return array, len(data)


def _take(stream: io.BufferedReader, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data
