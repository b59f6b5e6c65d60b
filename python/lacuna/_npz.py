"""Archives of arrays that go through pipes: written and read piece by piece, without a second copy."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import IO, Any, Callable, Iterator, MutableMapping, Protocol

import numpy as np

Array = np.ndarray[Any, Any]

MEMBER, DESCRIPTOR, DIRECTORY, END = b"PK\x03\x04", b"PK\x07\x08", b"PK\x01\x02", b"PK\x05\x06"
DESCRIBED = 8  # the flag of a member whose sizes stand behind it
HUGE = 0xFFFFFFFF  # from here on they take 64 bits each, and where the header has the field of wide sizes
WIDE_SIZES = 1
PIECE = 1 << 13  # elements that go through at once; a multiple of 8


class Sieve(Protocol):
    """What becomes of an array that is not kept as it comes, but seen piece by piece in the order of its memory."""

    def begin(self, shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]) -> None: ...

    def take(self, at: int, piece: Array) -> None: ...


def write(stream: IO[bytes], arrays: MutableMapping[str, Array]) -> None:
    """Write arrays to a stream that cannot seek, uncompressed. Each is taken out of the mapping once it is written."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        while arrays:
            name = next(iter(arrays))
            with archive.open(zipfile.ZipInfo(name + ".npy"), "w", force_zip64=True) as member:
                for piece in _pieces(arrays.pop(name)):
                    member.write(piece)


def _pieces(array: Array) -> Iterator[bytes | memoryview]:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))  # type: ignore[no-untyped-call]
    yield header.getvalue()
    if array.size == 0:
        return
    turned = array.flags.f_contiguous and not array.flags.c_contiguous
    if array.flags.forc:
        yield np.asarray(array.T if turned else array).reshape(-1).view(np.uint8).data
        return
    for piece in np.nditer(array, ["external_loop", "buffered"], order="C", buffersize=PIECE):
        yield np.asarray(piece).tobytes()


def read(stream: io.BufferedReader, sieve: Callable[[str], Sieve | None] = lambda _: None) -> dict[str, Array]:
    """The arrays of an archive, as the command writes it, from a stream that cannot seek; none of a stream that is empty.

    Every array that is not compressed is read into the place where it stays. Those for which there is a sieve go through it and
    are not in the result. EOFError says that the archive is not whole.
    """
    arrays = {}
    signature = stream.read(4)
    while signature == MEMBER:
        flags, method, name_length, extra_length = struct.unpack("<2xHH16xHH", _take(stream, 26))
        name = _take(stream, name_length).decode().removesuffix(".npy")
        wide = _has_wide_sizes(_take(stream, extra_length))
        sifts = sieve(name)
        member = _stored if method == zipfile.ZIP_STORED else _deflated
        array, size = member(stream, sifts)
        if sifts is None:
            arrays[name] = array
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


def _stored(stream: io.BufferedReader, sieve: Sieve | None) -> tuple[Array, int]:
    """An array, nothing where there is a sieve, and the size of its member."""
    magic = _take(stream, 8)
    first = magic[6] == 1
    length = _take(stream, 2 if first else 4)
    text = _take(stream, int.from_bytes(length, "little"))
    header = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(io.BytesIO(length + text))  # type: ignore[no-untyped-call]
    count = int(np.prod(shape, dtype=np.int64))
    size = len(magic) + len(length) + len(text) + count * dtype.itemsize
    if sieve is None:
        flat = np.empty(count, dtype)
        _read_into(stream, flat)
        return flat.reshape(shape, order="F" if fortran else "C"), size
    sieve.begin(shape, fortran, dtype)
    flat = np.empty(min(count, PIECE), dtype)
    for at in range(0, count, PIECE):
        piece = flat[: count - at]
        _read_into(stream, piece)
        sieve.take(at, piece)
    return flat[:0], size


def _read_into(stream: io.BufferedReader, flat: Array) -> None:
    if not flat.nbytes:
        return
    place, at = flat.view(np.uint8).data, 0
    while at < len(place):
        count = stream.readinto(place[at:])
        if not count:
            raise EOFError
        at += count


def _deflated(stream: io.BufferedReader, sieve: Sieve | None) -> tuple[Array, int]:
    """The same of a compressed member; its size is that of what it unpacks to."""
    unpacker, data = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()
    while not unpacker.eof:
        piece = stream.peek()
        if not piece:
            raise EOFError
        data += unpacker.decompress(piece)
        _take(stream, len(piece) - len(unpacker.unused_data))
    array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)  # type: ignore[no-untyped-call]
    if sieve is not None:
        fortran = array.flags.f_contiguous and not array.flags.c_contiguous
        sieve.begin(array.shape, fortran, array.dtype)
        flat = array.reshape(-1, order="F" if fortran else "C")
        for at in range(0, len(flat), PIECE):
            sieve.take(at, flat[at : at + PIECE])
    return array, len(data)


def _take(stream: io.BufferedReader, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data
