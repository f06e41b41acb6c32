"""The evidence store: a folder, a bucket, or whatever else fsspec reaches, that holds evidence as objects.

An object is named by its run and by the SHA-256 of its bytes, so that putting it twice is the same as once.
Nothing connects before it is used, and what goes wrong is told as an `EvidenceError`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import fsspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.repository import StoredEvidence
    from store.settings import Settings

# Of a store that is reached over the network: a request that hangs is given up.
_CONNECT_S: Final = 5
_READ_S: Final = 30
_TRIES: Final = 2
SHARDS: Final = tuple(f"{number:02x}" for number in range(256))
_LOCAL: Final = ("file", "local")


class EvidenceError(Exception):
    """Evidence cannot be had: our fault, never a student's. Says where it should be, and what to do."""


class StoreAwayError(EvidenceError):
    """The store does not answer, or refuses us. Later it may give what it holds."""


class ObjectLostError(EvidenceError):
    """The store answers, and has the object not, or not as it was written."""


@dataclass(frozen=True, kw_only=True)
class ObjectStore:
    """`url` as fsspec has it, `options` are those of its file system; those of the file win.

    The file is read when the store is first used: without it a worker grades all the same.
    """

    url: str
    # They may hold secrets, which a traceback in a log must not show.
    options: dict[str, Any] = field(repr=False)
    options_file: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> ObjectStore | None:
        """None: evidence stays in the database."""
        if settings.evidence_store is None:
            return None
        return cls(
            url=settings.evidence_store.rstrip("/"),
            options=settings.evidence_store_options,
            options_file=settings.evidence_store_options_file,
        )

    def put(self, place: str, blob: bytes) -> None:
        """Returns once the store has said that it holds them, and gave them back. Raises EvidenceError."""
        with self._told(f"{place} cannot be written"):
            if self._local:
                # A person makes it, once: where a share is not mounted it is missing, and nothing is put.
                if not Path(self._opened[1]).is_dir():
                    raise StoreAwayError(f"there is no folder {self._opened[1]}: mount it, or make it once")
                _write_through(Path(self._path(place)), blob)
            else:
                self._fs.pipe_file(self._path(place), blob)
        if self.get(place) != blob:
            raise ObjectLostError(f"{self.url}/{place} was written and reads otherwise: the store is broken")

    def get(self, place: str) -> bytes:
        """Raises EvidenceError."""
        with self._told(f"{place} cannot be read"):
            try:
                return bytes(self._fs.cat_file(self._path(place)))
            except FileNotFoundError:
                there = self._fs.exists(self._path(place.split("/", 1)[0]))
        if not there:
            # A share that is not mounted looks as one from which all is gone.
            raise StoreAwayError(
                f"the evidence store {self.url} has nothing of this service: it is not mounted, or "
                f"LABMARK_EVIDENCE_STORE is another one than when the evidence was moved there"
            )
        raise ObjectLostError(f"{self.url}/{place} is not there")

    def remove(self, place: str) -> None:
        """What is not there is removed."""
        with self._told(f"{place} cannot be removed"), suppress(FileNotFoundError):
            self._fs.rm_file(self._path(place))

    def shard(self, home: str, shard: str) -> list[str]:
        """The places of one 256th of what lies in this folder."""
        with self._told(f"{home}/{shard} cannot be listed"):
            found = self._fs.find(self._path(f"{home}/{shard}"))
        return [f"{home}/{shard}/{path.rsplit('/', 1)[-1]}" for path in found]

    def written_at(self, place: str) -> float:
        with self._told(f"{place} cannot be looked at"):
            return float(self._fs.modified(self._path(place)).timestamp())

    def check(self, home: str) -> None:
        """Writes an object, reads it and removes it. Raises EvidenceError."""
        place = f"{home}/check/{secrets.token_hex(8)}"
        self.put(place, place.encode())
        self.remove(place)

    @cached_property
    def _fs(self) -> Any:
        return self._opened[0]

    def _path(self, place: str) -> str:
        return f"{self._opened[1]}/{place}"

    @property
    def _local(self) -> bool:
        return self.url.split("://", 1)[0] in _LOCAL

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        options = self.options | self._secrets()
        if self.url.split("://", 1)[0] in {"s3", "s3a"}:
            limits = {"connect_timeout": _CONNECT_S, "read_timeout": _READ_S}
            retries = {"retries": {"max_attempts": _TRIES}}
            options["config_kwargs"] = {**limits, **retries, **options.get("config_kwargs", {})}
        # What another process has written since must be seen.
        fresh = {"use_listings_cache": False, "skip_instance_cache": True}
        files, root = fsspec.core.url_to_fs(self.url, **fresh, **options)
        if hasattr(files, "retries"):
            files.retries = _TRIES
        return files, root.rstrip("/")

    def _secrets(self) -> dict[str, Any]:
        if self.options_file is None:
            return {}
        try:
            found = json.loads(self.options_file.read_text())
        except (OSError, ValueError) as error:
            found, why = None, error.strerror if isinstance(error, OSError) else ""
        else:
            why = ""
        if not isinstance(found, dict):
            # Not what stands in it: that is secret.
            why = why or "it is no JSON object"
            raise StoreAwayError(f"LABMARK_EVIDENCE_STORE_OPTIONS_FILE, {self.options_file}: {why}") from None
        return found

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except EvidenceError:
            raise
        except ImportError as error:
            scheme = self.url.split("://", 1)[0]
            raise StoreAwayError(
                f"for {scheme}:// a package is missing here ({error}): pip install 'labmark[s3]'"
            ) from None
        except Exception as error:  # noqa: BLE001 - each library behind fsspec has its own; all mean this
            # Without its own traceback, whose frames hold the options.
            raise StoreAwayError(f"the evidence store {self.url}: {what}: {_reason(error)}") from None


def place_of(home: str, run_id: str, blob: bytes) -> tuple[str, str]:
    """(place, SHA-256) of these bytes in the folder of this database."""
    sha256 = hashlib.sha256(blob).hexdigest()
    return f"{home}/{sha256[:2]}/{run_id}-{sha256}", sha256


def run_of_place(place: str) -> str:
    return place.rsplit("/", 1)[-1][:36]


def bytes_of(stored: StoredEvidence, objects: ObjectStore | None) -> bytes:
    """The evidence itself, from wherever it lies: the one way to it. Never while a transaction is open.

    Raises EvidenceError.
    """
    if stored.blob is not None:
        return stored.blob
    assert stored.place is not None  # the table has one of both
    whose = f"The evidence of run {stored.run_id}"
    if objects is None:
        raise StoreAwayError(
            f"{whose} was moved to an evidence store, at {stored.place}, and LABMARK_EVIDENCE_STORE is not "
            "set here: every process needs the setting that beat moved it with."
        )
    try:
        blob = objects.get(stored.place)
    except ObjectLostError as error:
        raise ObjectLostError(f"{whose} is missing: {error}. {_REMEDY}") from error
    except StoreAwayError as error:
        raise StoreAwayError(f"{whose} cannot be had now: {error}. Nothing is lost by that.") from error
    if len(blob) != stored.size_bytes or hashlib.sha256(blob).hexdigest() != stored.sha256:
        raise ObjectLostError(
            f"{whose} is damaged: {objects.url}/{stored.place} has {len(blob)} bytes that are not the "
            f"{stored.size_bytes} bytes that were stored. {_REMEDY}"
        )
    return blob


_REMEDY: Final = (
    "Bring this object back from a copy or an earlier version of the store, or from a backup; else its last "
    "report stands, and the submission can be run again."
)


def _write_through(path: Path, blob: bytes) -> None:
    """Whole, and on the disk, before its name is there: the database lets go of its own copy then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("wb") as out:
            out.write(blob)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        unfinished.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    said = str(error).strip()
    return f"{type(error).__name__}: {said.splitlines()[0]}" if said else type(error).__name__
