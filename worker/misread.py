"""Which pictures of the validation part a model got wrong, for the page of its submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from store.repository import Misread

if TYPE_CHECKING:
    import numpy.typing as npt

    from graders.evidence import Evidence

SHOWN: Final = 24
_MOST_PIXELS: Final = 64 * 64


def first_misread(evidence: Evidence, x: npt.NDArray[np.float32], y: npt.NDArray[Any]) -> Misread | None:
    """Of the first repeat, whose validation part is `x` (n, height, width), or with a 1 behind, and `y` (n,).

    The first ones in the part's own order, and no more than `SHOWN`: whoever hands in a model that is wrong
    on purpose sees the same few each time, and none of the test part. None where rows are no pictures.
    """
    shape = x.shape[1:-1] if x.ndim == 4 and x.shape[-1] == 1 else x.shape[1:]
    if len(shape) != 2 or shape[0] * shape[1] > _MOST_PIXELS or not evidence.repeats:
        return None
    part = evidence.repeats[0].parts.get("validation")
    if part is None or not np.array_equal(part.labels, y):
        return None
    wrong = np.flatnonzero(part.predicted != part.labels)[:SHOWN]
    if not len(wrong):
        return None
    pictures = _bytes_of(x[wrong].reshape(len(wrong), -1))
    return Misread(
        height=int(shape[0]),
        width=int(shape[1]),
        labels=tuple(int(label) for label in part.labels[wrong]),
        predicted=tuple(int(label) for label in part.predicted[wrong]),
        pictures=tuple(picture.tobytes() for picture in pictures),
    )


def _bytes_of(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """From whatever range the data set has to 0..255."""
    low, high = float(pixels.min()), float(pixels.max())
    scaled = (pixels - low) / max(high - low, 1e-9) * 255
    return scaled.round().astype(np.uint8)
