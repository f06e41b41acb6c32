"""Small grey pictures as PNG (W3C, third edition), which needs no more than the standard library."""

from __future__ import annotations

import struct
import zlib
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_GREY, _DEPTH = 0, 8


def grey_png(pixels: bytes, *, height: int, width: int) -> bytes:
    """`pixels`: one byte each, 0 black to 255 white, row after row."""
    header = struct.pack(">IIBBBBB", width, height, _DEPTH, _GREY, 0, 0, 0)
    # Each row begins with the filter that it was written with: none.
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, height * width, width))
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
