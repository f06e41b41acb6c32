"""Pictures that a model got wrong, kept beside the report that they illustrate."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.models import MisreadRecord

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class Misread:
    """`pictures`: one byte a pixel, 0 black to 255 white, `height` rows of `width`; class ids beside them."""

    height: int
    width: int
    labels: tuple[int, ...]
    predicted: tuple[int, ...]
    pictures: tuple[bytes, ...]


def put_misread(session: Session, run_id: str, misread: Misread) -> None:
    session.merge(
        MisreadRecord(
            run_id=run_id,
            height=misread.height,
            width=misread.width,
            labels=list(misread.labels),
            predicted=list(misread.predicted),
            pixels=zlib.compress(b"".join(misread.pictures)),
        )
    )
    session.flush()


def misread_of(session: Session, run_id: str) -> Misread | None:
    """None: the rows are no pictures, or nothing was got wrong, or it ran before they were kept."""
    found = session.get(MisreadRecord, run_id)
    if found is None:
        return None
    pixels, size = zlib.decompress(found.pixels), found.height * found.width
    return Misread(
        height=found.height,
        width=found.width,
        labels=tuple(found.labels),
        predicted=tuple(found.predicted),
        pictures=tuple(pixels[start : start + size] for start in range(0, len(pixels), size)),
    )
