"""A data set that an instructor registered, out of the archive that the store keeps."""

from __future__ import annotations

from store.dataset_files import DatasetInvalidError, from_archive
from worker.datasets.model import Dataset, WrongDataError


def dataset_of(archive: bytes, *, name: str, sha256: str) -> Dataset:
    """Raises WrongDataError unless the archive still holds the arrays that were registered."""
    try:
        own = from_archive(archive)
    except DatasetInvalidError as error:
        raise WrongDataError(f"{name}: {error}") from error
    if own.sha256 != sha256:
        raise WrongDataError(f"{name}: sha256 of the arrays is {own.sha256}, expected {sha256}")
    return Dataset(
        name=name,
        sha256=own.sha256,
        x=own.x,
        y=own.y,
        class_names=own.class_names,
        feature_names=own.feature_names,
    )
