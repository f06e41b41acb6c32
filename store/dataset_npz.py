"""A data set from an .npz, and the archive in which it is kept: a zip of plain .npy arrays, never a pickle.

What a member says of itself (its size when unpacked, its dtype, its shape) is checked before it is unpacked,
and no more than it said is ever read.
"""

from __future__ import annotations

import io
import math
import re
import struct
import sys
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from store.dataset_model import (
    MAX_ROWS,
    MAX_VALUES,
    MIB,
    Faults,
    OwnDataset,
    checked_dataset,
    class_order,
    clipped,
    fault_of_name,
    refuse,
)
from store.dataset_sentences import of_dataset

if TYPE_CHECKING:
    import numpy.typing as npt

    from graders.sentence import Sentence

_MAX_MEMBERS: Final = 8
# zipfile reads the whole directory, and makes an object of each entry, before it can be asked how many.
_MAX_DIRECTORY_BYTES: Final = 4096
_MAX_UNPACKED_BYTES: Final = 4 * MAX_VALUES + 4 * MIB
_MAX_RANK: Final = 4
_END_RECORD = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR_BYTES: Final = 20
_MAX_HEADER_BYTES: Final = 1024
# As every writer of plain arrays writes it; lists of fields and anything to evaluate do not fit.
_HEADER = re.compile(
    rb"\s*\{\s*'descr'\s*:\s*'(?P<dtype>[<>|=]?[a-zA-Z?]\d{0,4})'\s*,"
    rb"\s*'fortran_order'\s*:\s*(True|False)\s*,"
    rb"\s*'shape'\s*:\s*\((?P<shape>[\d, ]*)\)\s*,?\s*\}\s*"
)
# OverflowError: an entry that stands farther than any file is long.
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(ValueError, OverflowError, NotImplementedError),
)


def read_npz(content: bytes) -> OwnDataset:
    """From `x` (n, ...) numbers and `y` (n,) integers or text; `class_names`, `feature_names` as they are.

    With `class_names`, y counts from 0 in their order; without, the labels found name the classes. Raises
    DatasetInvalidError.
    """
    try:
        with _opened(content) as archive:
            arrays = _arrays(archive)
    except _DAMAGED as error:
        raise refuse("file", of_dataset("npz_damaged", said=str(error))) from None
    x, y = arrays["x"], arrays["y"]
    _require_rows(x, y)
    with np.errstate(over="ignore", invalid="ignore"):  # told below, as a value that is not finite
        values = np.ascontiguousarray(x, dtype=np.float32)
    labels, class_names = _classes(y, arrays.get("class_names"))
    return checked_dataset(
        x=values,
        y=labels,
        class_names=class_names,
        feature_names=_feature_names(arrays.get("feature_names"), x),
        labels_at="y",
        value_at=lambda index: f"x[{', '.join(map(str, index))}]",
    )


def to_archive(dataset: OwnDataset) -> bytes:
    """An .npz that `from_archive` reads back equal. The same data set gives the same bytes."""
    arrays: dict[str, npt.NDArray[Any]] = {
        "x": dataset.x,
        "y": dataset.y,
        "class_names": np.array(dataset.class_names, np.str_),
    }
    if dataset.feature_names:
        arrays["feature_names"] = np.array(dataset.feature_names, np.str_)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return buffer.getvalue()


def from_archive(archive: bytes) -> OwnDataset:
    """What `to_archive` kept. Raises DatasetInvalidError where it was damaged since."""
    return read_npz(archive)


def _opened(content: bytes) -> zipfile.ZipFile:
    """Raises DatasetInvalidError unless the directory is as short as that of a few arrays."""
    if len(content) < _END_RECORD.size:
        raise refuse("file", of_dataset("npz_too_short"))
    signature, *_, directory_bytes, _, comment_bytes = _END_RECORD.unpack(content[-_END_RECORD.size :])
    locator = content[-_END_RECORD.size - _ZIP64_LOCATOR_BYTES :][:4]
    # With this record at the very end and no other kind before it, zipfile reads the same one.
    if signature != b"PK\x05\x06" or comment_bytes or locator == b"PK\x06\x07":
        raise refuse("file", of_dataset("not_npz"))
    if directory_bytes > _MAX_DIRECTORY_BYTES:
        raise refuse("file", of_dataset("too_many_arrays", most=_MAX_MEMBERS))
    return zipfile.ZipFile(io.BytesIO(content))


def _arrays(archive: zipfile.ZipFile) -> dict[str, npt.NDArray[Any]]:
    members = archive.infolist()
    names = [member.filename.removesuffix(".npy") for member in members]
    if len(names) > _MAX_MEMBERS or len(set(names)) < len(names):
        raise refuse("file", of_dataset("arrays_twice", most=_MAX_MEMBERS))
    for name in ("x", "y"):
        if not names:
            raise refuse("file", of_dataset("no_arrays", name=repr(name)))
        if name not in names:
            listed = ", ".join(map(clipped, names))
            raise refuse("file", of_dataset("no_array", name=repr(name), names=listed))
    unpacked = sum(member.file_size for member in members)
    if unpacked > _MAX_UNPACKED_BYTES:
        most = _MAX_UNPACKED_BYTES // MIB
        raise refuse("file", of_dataset("too_large_unpacked", size=unpacked // MIB, most=most))
    wanted = {"x": "biuf", "y": "biuU", "class_names": "U", "feature_names": "U"}
    return {
        name: _array(archive, member, name=name, kinds=wanted[name])
        for name, member in zip(names, members, strict=True)
        if name in wanted
    }


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, name: str, kinds: str) -> npt.NDArray[Any]:
    if member.flag_bits & 1 or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise refuse(name, of_dataset("packed_otherwise"))
    with archive.open(member) as stream:
        header = _header(stream, name=name)
    if header.dtype.kind not in kinds:
        raise refuse(name, _wrong_dtype(name, header.dtype))
    needed = math.prod(header.shape) * header.dtype.itemsize
    if needed == 0:
        told = {"shape": str(header.shape), "dtype": str(header.dtype)}
        raise refuse(name, of_dataset("array_empty", **told))
    if needed != member.file_size - header.length:
        raise refuse(name, of_dataset("array_cut"))
    with archive.open(member) as stream:
        array: npt.NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        # The sum over all bytes is compared when there is no more to read.
        stream.read(1)
    if array.dtype.kind == "U" and _largest_character(array) > sys.maxunicode:
        raise refuse(name, of_dataset("no_such_characters"))
    return array


def _largest_character(text: npt.NDArray[Any]) -> int:
    return int(np.frombuffer(text.tobytes(), f"{text.dtype.str[0]}u4").max())


@dataclass(frozen=True, kw_only=True)
class _Header:
    """`length`: bytes before the values."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    length: int


def _header(stream: Any, *, name: str) -> _Header:
    start = stream.read(12)
    if start[:6] != b"\x93NUMPY" or start[6:8] not in {b"\x01\x00", b"\x02\x00"} or len(start) < 12:
        raise refuse(name, of_dataset("not_array"))
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(start[8 : 8 + width], "little")
    text = start[8 + width :] + stream.read(max(min(length, _MAX_HEADER_BYTES) - 4 + width, 0))
    match = _HEADER.fullmatch(text) if length <= _MAX_HEADER_BYTES else None
    sizes = [] if match is None else match["shape"].replace(b" ", b"").removesuffix(b",").split(b",")
    if match is None or not all(re.fullmatch(rb"[0-9]{1,12}", size) for size in sizes):
        raise refuse(name, of_dataset("not_plain"))
    try:
        dtype = np.dtype(match["dtype"].decode())
    except TypeError:
        unknown = clipped(match["dtype"].decode())
        raise refuse(name, of_dataset("unknown_dtype", dtype=unknown)) from None
    return _Header(dtype=dtype, shape=tuple(map(int, sizes)), length=8 + width + length)


def _wrong_dtype(name: str, dtype: np.dtype[Any]) -> Sentence:
    if dtype.hasobject:
        return of_dataset("objects")
    if name == "x":
        return of_dataset("x_dtype", dtype=str(dtype))
    if name == "y":
        return of_dataset("y_dtype", dtype=str(dtype))
    return of_dataset("names_dtype", dtype=str(dtype))


def _require_rows(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> None:
    faults = Faults()
    if not 2 <= x.ndim <= _MAX_RANK:
        faults.add("x", of_dataset("x_shape", shape=str(x.shape), most=_MAX_RANK - 1))
    if y.ndim != 1:
        faults.add("y", of_dataset("y_shape", shape=str(y.shape)))
    if y.ndim == 1 and len(x) != len(y):
        faults.add("y", of_dataset("unequal", labels=len(y), rows=len(x)))
    if len(x) > MAX_ROWS:
        faults.add("x", of_dataset("too_many_rows", count=len(x), most=MAX_ROWS))
    if x.size > MAX_VALUES:
        faults.add("x", of_dataset("too_many_values", count=x.size, most=MAX_VALUES))
    faults.raise_any()


def _classes(
    y: npt.NDArray[Any], names: npt.NDArray[Any] | None
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    if names is not None:
        return _named_classes(y, names)
    found, ids = np.unique(y, return_inverse=True)
    labels = [str(int(label)) if found.dtype.kind in "biu" else str(label).strip() for label in found]
    order = class_order(labels)
    place = {label: i for i, label in enumerate(order)}
    return np.array([place[label] for label in labels], np.int64)[ids], tuple(order)


def _named_classes(
    y: npt.NDArray[Any], names: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    if y.dtype.kind == "U":
        raise refuse("class_names", of_dataset("names_beside_text"))
    listed = _names(names, at="class_names")
    outside = np.flatnonzero((y < 0) | (y >= len(listed)))
    if outside.size:
        told = {"label": str(y[outside[0]]), "count": len(listed), "last": len(listed) - 1}
        raise refuse(f"y[{outside[0]}]", of_dataset("label_outside", **told))
    return y.astype(np.int64), listed


def _feature_names(names: npt.NDArray[Any] | None, x: npt.NDArray[Any]) -> tuple[str, ...]:
    if names is None:
        return ()
    listed = _names(names, at="feature_names")
    if x.ndim != 2 or len(listed) != x.shape[1]:
        raise refuse("feature_names", of_dataset("feature_count", count=len(listed), shape=str(x.shape)))
    return listed


def _names(names: npt.NDArray[Any], *, at: str) -> tuple[str, ...]:
    if names.ndim != 1:
        raise refuse(at, of_dataset("names_shape", shape=str(names.shape)))
    listed = tuple(str(name) for name in names)
    faults = Faults()
    for i, name in enumerate(listed):
        wrong = fault_of_name(name)
        if wrong is not None:
            faults.add(f"{at}[{i}]", wrong)
    if len(set(listed)) < len(listed):
        faults.add(at, of_dataset("name_twice"))
    faults.raise_any()
    return listed
