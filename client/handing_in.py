"""Handing in a file once, however often it has to be tried.

The Idempotency-Key is made of what is handed in and of a number that is drawn once and kept on disk until
the service has answered. A second try, of the same process or of the same command given again, sends the same
key, and the service answers with the submission that it has. Once it has answered, the number goes, so that
the same file can be handed in anew on purpose.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx

from client.config import folder
from client.messages import say
from client.problems import ERRORED, UNREACHABLE, USAGE, StopError

if TYPE_CHECKING:
    from pathlib import Path

    from client.service import Service

# Far above what any service takes: its own limit is told by the service.
_LIMIT_MB: Final = 64
_NONCE_BYTES: Final = 16
_FOLDER: Final = "pending"
# After these nobody knows whether the service has it.
_UNDECIDED: Final = {UNREACHABLE, ERRORED}
# These it is told only after it has looked for the key: it has no such submission.
_REFUSED: Final = {"quota_exhausted", "queue_full"}


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """`again`: the service had it already."""

    submission_id: str
    page: str
    again: bool
    document: dict[str, Any]


def hand_in(service: Service, assignment: str, file: Path, content: bytes) -> HandedIn:
    """Raises StopError when it is not taken, or when nobody knows whether it was."""
    pending = Pending(service.address, assignment, content)
    try:
        status, document = service.post_file(
            "assignments",
            assignment,
            "submissions",
            filename=file.name,
            content=content,
            idempotency_key=pending.key(),
        )
    except StopError as stop:
        if stop.exit_status not in _UNDECIDED or stop.code in _REFUSED:
            pending.forget()
            raise
        message = f"{stop.message}\n{say('error.retry_safe')}"
        raise StopError(message, exit_status=stop.exit_status, code=stop.code) from stop
    pending.forget()
    return HandedIn(
        submission_id=str(document["id"]),
        page=f"{service.address}{document['links']['page']}",
        again=status == httpx.codes.OK,
        document=document,
    )


def read_file(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LIMIT_MB * 1_000_000:
            message = say("error.too_large", path=file, limit=_LIMIT_MB)
            raise StopError(message, exit_status=USAGE, code="too_large")
        return file.read_bytes()
    except OSError as error:
        message = say("error.file", path=file, why=error.strerror or type(error).__name__)
        raise StopError(message, exit_status=USAGE, code="file_unreadable") from error


class Pending:
    """One file for one assignment of one service, from before it is sent until that has answered."""

    def __init__(self, address: str, assignment: str, content: bytes) -> None:
        self._digest = hashlib.sha256()
        for part in (address.encode(), assignment.encode(), content):
            self._digest.update(len(part).to_bytes(8, "big") + part)
        self._path = folder() / _FOLDER / self._digest.hexdigest()

    def key(self) -> str:
        keyed = self._digest.copy()
        keyed.update(self._nonce().encode())
        return f"labmark-{keyed.hexdigest()}"

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)

    def _nonce(self) -> str:
        """Drawn by whoever makes the file: two commands at the same moment use one and the same."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with self._path.open("x", encoding="ascii") as out:
                    out.write(secrets.token_hex(_NONCE_BYTES))
            except FileExistsError:
                pass
            for _ in range(20):
                nonce = self._path.read_text(encoding="ascii")
                if len(nonce) == 2 * _NONCE_BYTES:
                    return nonce
                time.sleep(0.05)  # its maker has not written it yet
            nonce = secrets.token_hex(_NONCE_BYTES)  # its maker died in that moment, before sending anything
            self._path.write_text(nonce, encoding="ascii")
        except OSError as error:
            message = say("error.write", path=self._path, why=error.strerror or type(error).__name__)
            raise StopError(message, exit_status=USAGE, code="not_written") from error
        return nonce
