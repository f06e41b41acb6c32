"""What a student hands in, checked and brought into one form: Python source."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import UploadFile

from api.errors import ProblemError
from api.source import SourceError, read_source
from store.repository import NewSubmission

if TYPE_CHECKING:
    from starlette.requests import Request

    from store.settings import Settings


# Where files are handed in, with a notebook's outputs: for the API, and for the form of a page.
SUBMISSIONS_PATH: Final = r"(?:/api/v1)?/assignments/[^/]+/submissions"


async def read_upload(request: Request, settings: Settings) -> tuple[str, bytes]:
    """File name and content, from a multipart field `file` or from JSON {"filename", "source"}."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        filename, content = await _from_form(request)
    elif content_type == "application/json":
        filename, content = _from_json(await request.body())
    else:
        raise ProblemError("unsupported_media_type", "source")
    is_notebook = filename.lower().endswith(".ipynb")
    limit = settings.max_notebook_file_bytes if is_notebook else settings.max_upload_bytes
    if len(content) > limit:
        what = "notebook_file" if is_notebook else "file"
        raise ProblemError("too_large", what, size=len(content), limit=limit)
    return filename, content


def check_submission(
    *, filename: str, content: bytes, idempotency_key: str | None, max_notebook_bytes: int
) -> NewSubmission:
    """Raises ProblemError with the code of what is wrong."""
    try:
        file = read_source(filename=filename, content=content, max_notebook_bytes=max_notebook_bytes)
    except SourceError as error:
        raise ProblemError(error.code, error.what, **error.values) from error
    return NewSubmission(
        filename=file.filename,
        source=file.source,
        source_kind=file.kind,
        line_map=file.line_map,
        dropped_lines=file.dropped_lines,
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
