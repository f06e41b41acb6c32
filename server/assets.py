"""The browser's scripts that are not ours: fetched at set-up, checked, and never kept in git.

Plotly's stays in its installed wheel. htmx and its SSE extension come in the wheel of django-htmx, which is
downloaded without its dependencies, unpacked and never imported.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from api.dashboard.assets import VENDOR_FOLDER, VENDORED

if TYPE_CHECKING:
    from collections.abc import Callable

_WHEEL = "django-htmx==1.29.0"
_SHA256 = "0ec5be1645ed71e6787bd75e0250624f00274ac3bb1730f07b6629a95688929b"
_INSIDE = "django_htmx/static/django_htmx"
_PATHS = {"htmx-2.min.js": "htmx-2.min.js", "hx-sse-2.min.js": "ext/hx-sse-2.min.js"}


def fetch_assets(folder: Path = VENDOR_FOLDER, *, progress: Callable[[str], None] = lambda _: None) -> None:
    """Does nothing where they are already. Raises RuntimeError when the wheel cannot be had."""
    if all((folder / name).is_file() for name in VENDORED):
        return
    progress(f"Fetching the dashboard's scripts from {_WHEEL}")
    with tempfile.TemporaryDirectory() as place, zipfile.ZipFile(_download(Path(place))) as wheel:
        folder.mkdir(parents=True, exist_ok=True)
        for name in VENDORED:
            content = wheel.read(f"{_INSIDE}/{_PATHS[name]}")
            # Whole or not at all: a half-written script would look like one that is there.
            unfinished = folder / f"{name}.part"
            unfinished.write_bytes(content)
            unfinished.replace(folder / name)


def _download(place: Path) -> Path:
    wanted = place / "wanted.txt"
    wanted.write_text(f"{_WHEEL} --hash=sha256:{_SHA256}\n")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"),
            *("--only-binary", ":all:", "--dest", str(place), "-r", str(wanted)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{_WHEEL} could not be downloaded: {done.stderr.strip()[-500:]}")
    return next(place.glob("*.whl"))
