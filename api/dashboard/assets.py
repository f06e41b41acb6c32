"""What the pages load: addresses that change with the content, so that browsers may keep it for ever."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Scope

STATIC_FOLDER = Path(__file__).parent / "static"
VENDOR_FOLDER = STATIC_FOLDER / "vendor"
VENDORED = ("htmx-2.min.js", "hx-sse-2.min.js")
_FOR_EVER = "public, max-age=31536000, immutable"
_ADVICE = "Run `make setup`, or `labmark-server assets`."


class MissingAssetsError(RuntimeError):
    """The service was installed without the scripts that its pages load."""


@dataclass(frozen=True, kw_only=True)
class Assets:
    """Addresses, as the templates write them."""

    css: str
    icon: str
    plotly_css: str
    htmx: str
    htmx_sse: str
    plotly: str
    plotly_style_ids: tuple[str, ...]
    charts: str
    upload: str
    acting_css: str
    acting_js: str


def check_assets() -> None:
    """Raises MissingAssetsError, naming what is not there and what to do."""
    missing = [name for name in VENDORED if not (VENDOR_FOLDER / name).is_file()]
    if missing:
        raise MissingAssetsError(f"The pages need {', '.join(missing)} in {VENDOR_FOLDER}. {_ADVICE}")
    plotly_file()


@cache
def assets() -> Assets:
    return Assets(
        css=_address("labmark.css"),
        icon=_address("icon.svg"),
        plotly_css=_address("plotly.css"),
        htmx=_address("vendor/htmx-2.min.js"),
        htmx_sse=_address("vendor/hx-sse-2.min.js"),
        plotly=f"/assets/plotly.js?v={distribution('plotly').version}",
        plotly_style_ids=_style_ids(),
        charts=_address("charts.js"),
        upload=_address("upload.js"),
        acting_css=_address("acting.css"),
        acting_js=_address("acting.js"),
    )


@cache
def plotly_file() -> Path:
    """From the installed wheel, found without importing it."""
    try:
        path = Path(str(distribution("plotly").locate_file("plotly/package_data/plotly.min.js")))
    except PackageNotFoundError as error:
        raise MissingAssetsError(f"The package plotly is not installed. {_ADVICE}") from error
    if not path.is_file():
        raise MissingAssetsError(f"{path} is not there. {_ADVICE}")
    return path


def _style_ids() -> tuple[str, ...]:
    """Of the style sheets (of maps, which we do not draw) that Plotly writes into a page that lacks them.

    Elements with these ids keep it from trying what the content security policy forbids.
    """
    script = plotly_file().read_text(encoding="utf-8")
    return tuple(sorted(set(re.findall(r'getElementById\("([0-9a-f]{64})"\)', script))))


def plotly_response(request: Request) -> Response:
    """4.8 MB, or 1.4 MB for every browser that takes gzip."""
    headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(plotly_file(), media_type="text/javascript", headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(_plotly_gzipped(), media_type="text/javascript", headers=headers)


@cache
def _plotly_gzipped() -> bytes:
    return gzip.compress(plotly_file().read_bytes(), compresslevel=6, mtime=0)


class KeptFiles(StaticFiles):
    """Static files, kept for ever by browsers that asked for them by the address with the version."""

    def file_response(
        self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        if b"v=" in scope.get("query_string", b""):
            response.headers["Cache-Control"] = _FOR_EVER
        return response


def _address(name: str) -> str:
    digest = hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"
