"""What a student hands in, checked and brought into one form: Python source."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile

from api.errors import ProblemError
from api.notebook import NotebookError, flatten_notebook
from store.repository import NewSubmission

if TYPE_CHECKING:
    from starlette.requests import Request

    from store.settings import Settings

_KINDS = {".py": "py", ".ipynb": "notebook"}


async def read_upload(request: Request, settings: Settings) -> tuple[str, bytes]:
    """File name and content, from a multipart field `file` or from JSON {"filename", "source"}."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        filename, content = await _from_form(request)
    elif content_type == "application/json":
        filename, content = _from_json(await request.body())
    else:
        raise ProblemError("unsupported_media_type", "source")
    if len(content) > settings.max_upload_bytes:
        raise ProblemError("too_large", "file", size=len(content), limit=settings.max_upload_bytes)
    return filename, content


def check_submission(
    *, filename: str, content: bytes, idempotency_key: str | None, max_notebook_bytes: int
) -> NewSubmission:
    """Raises ProblemError with the code of what is wrong."""
    name = _plain_name(filename)
    kind = next((kind for ending, kind in _KINDS.items() if name.lower().endswith(ending)), None)
    if kind is None:
        raise ProblemError("unsupported_file", name=name)
    text = _text(content)
    if kind == "py":
        return NewSubmission(filename=name, source=text, source_kind=kind, idempotency_key=idempotency_key)
    try:
        flat = flatten_notebook(text)
    except NotebookError as error:
        raise ProblemError("bad_notebook", error.what, said=error.said) from error
    if len(flat.source.encode()) > max_notebook_bytes:
        raise ProblemError("too_large", "notebook", limit=max_notebook_bytes)
    return NewSubmission(
        filename=name,
        source=flat.source,
        source_kind=kind,
        line_map=[list(item) for item in flat.line_map],
        dropped_lines=list(flat.dropped_lines),
        idempotency_key=idempotency_key,
    )


async def _from_form(request: Request) -> tuple[str, bytes]:
    async with request.form(max_files=1, max_fields=10) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise ProblemError("validation_failed", "no_file")
        return upload.filename or "", await upload.read()


def _from_json(body: bytes) -> tuple[str, bytes]:
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProblemError("bad_request", "json") from error
    given = document if isinstance(document, dict) else {}
    filename, source = given.get("filename"), given.get("source")
    if not isinstance(filename, str) or not isinstance(source, str):
        raise ProblemError("validation_failed", "source")
    try:
        return filename, source.encode()
    except UnicodeEncodeError as error:
        raise ProblemError("not_utf8", "surrogate") from error


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProblemError("not_utf8", "line", line=line) from error
    if "\x00" in text:
        raise ProblemError("not_utf8", "nul")
    return text


def _plain_name(filename: str) -> str:
    """The last part of a path, printable and short: it is shown, and never used as a path."""
    last = re.split(r"[/\\]", filename)[-1]
    clean = "".join(c for c in last if c.isprintable() and not "\ud800" <= c <= "\udfff").strip()
    return clean[-150:] or "unnamed"
