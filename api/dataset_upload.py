"""A data set as it is sent: a form with a file, read before anything of it is judged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import UploadFile

from api.errors import ProblemError, invalid
from api.told import Told
from store.dataset_files import MAX_FILE_BYTES, NAME_PATTERN

if TYPE_CHECKING:
    from starlette.datastructures import FormData
    from starlette.requests import Request

DATASETS_PATH: Final = r"/api/v1/courses/[^/]+/datasets"
# A form adds its own lines around the file.
BODY_LIMIT_BYTES: Final = MAX_FILE_BYTES + 64 * 1024
BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "name"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "A .csv file with a header row, or an .npz with arrays x and y",
                        },
                        "name": {"type": "string", "pattern": NAME_PATTERN, "maxLength": 64},
                        "label_column": {
                            "type": "string",
                            "description": "CSV: the column that holds the labels; all others are features",
                        },
                    },
                },
                "example": {
                    "file": "alcohol,ash,kind\n14.2,2.4,barolo\n",
                    "name": "wine",
                    "label_column": "kind",
                },
            }
        },
    }
}
_MAX_NAME_CHARS: Final = 64


@dataclass(frozen=True, kw_only=True)
class DatasetUpload:
    name: str
    filename: str
    content: bytes
    label_column: str | None


async def read_dataset_upload(request: Request) -> DatasetUpload:
    """Raises ProblemError."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "multipart/form-data":
        raise ProblemError("unsupported_media_type", "dataset")
    async with request.form(max_files=1, max_fields=10) as form:
        upload, name = form.get("file"), _text(form, "name") or ""
        faults: list[dict[str, Any]] = []
        if not isinstance(upload, UploadFile):
            faults.append({"location": "file", "message": Told("fault.no_file")})
        if not re.fullmatch(NAME_PATTERN, name) or len(name) > _MAX_NAME_CHARS:
            message = Told("fault.dataset_name", {"most": _MAX_NAME_CHARS})
            faults.append({"location": "name", "message": message})
        if faults or not isinstance(upload, UploadFile):
            raise invalid(faults)
        if (upload.size or 0) > MAX_FILE_BYTES:
            raise ProblemError("too_large", "dataset", limit=MAX_FILE_BYTES)
        return DatasetUpload(
            name=name,
            filename=upload.filename or "",
            content=await upload.read(),
            label_column=_text(form, "label_column"),
        )


def _text(form: FormData, field: str) -> str | None:
    """None where it was not sent, or left empty as a browser sends it."""
    value = form.get(field)
    return (value.strip() or None) if isinstance(value, str) else None
