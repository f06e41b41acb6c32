"""What a jail sees of this machine's files: Python, its packages, shared libraries; no label of a lab."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

# No programs: a jail cannot start one. Debian's names, and those of others where they exist.
_LIBRARIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/locale", "/usr/share/zoneinfo")
# Folders of packages that hold rows and labels of lab data sets, by where they lie in site-packages.
_LABEL_FOLDERS = (
    "bokeh/sampledata", "pandas/tests", "plotly/package_data/datasets", "scipy/io/arff/tests",
    "scipy/spatial/tests", "seaborn/data", "sklearn/datasets/data", "sklearn/datasets/tests",
    "sklearn/covariance/tests",
    "statsmodels/datasets", "statsmodels/genmod/tests", "tensorflow_datasets", "vega_datasets",
)  # fmt: skip
# And files of packages that nobody has listed, by their names.
_LABEL_NAME = re.compile(r"(^|[-_.])(iris|digits|mnist)([-_.\d]|$)", re.IGNORECASE)
_NO_DATA = re.compile(r"\.(py|pyi|pyc|pyx|pxd|so|h|hpp|rst|md|html)$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Tree:
    """Read-only folders of a jail: where each lies for the zygote, and the path it has inside.

    `hidden_folders` and `hidden_files` (absolute, as inside) are covered by empty ones.
    """

    binds: tuple[tuple[str, str], ...]
    hidden_folders: tuple[str, ...]
    hidden_files: tuple[str, ...]


def plan_tree(*, staged: dict[str, str] | None = None) -> Tree:
    """`staged` maps a prefix to where root has made it reachable for every uid."""
    staged = staged or {}
    binds = []
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
        # As Python says it, links and all: what it has imported, and imports later, has that path.
        inside = f"{prefix}/lib" if prefix != "/usr" else f"/usr/lib/python3.{sys.version_info.minor}"
        folders = [inside] if prefix != "/usr" else [inside, "/usr/lib/python3"]
        source = staged.get(prefix, str(Path(prefix).resolve()))
        binds += [(source + f[len(prefix) :], f) for f in folders if os.path.isdir(f)]
    kept = [folder for _, folder in binds]
    libraries = [f for f in _LIBRARIES if os.path.isdir(f) and not _lies_in(f, kept)]
    binds += [(folder, folder) for folder in libraries]
    packages = _package_folders([folder for _, folder in binds])
    unused = [folder for folder in packages if folder not in sys.path]
    used = [f for f in packages if f not in unused]
    folders = [*unused, *(f"{p}/{name}" for p in used for name in _LABEL_FOLDERS)]
    hidden = [folder for folder in folders if os.path.isdir(folder)]
    return Tree(
        binds=tuple(binds),
        hidden_folders=tuple(hidden),
        hidden_files=tuple(f for p in used for f in label_files(p) if not _lies_in(f, hidden)),
    )


def _lies_in(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _package_folders(folders: list[str]) -> list[str]:
    """`site-packages` and `dist-packages`: also those of an interpreter whose packages are not used."""
    found = []
    for folder in folders:
        for level in ("*-packages", "python3*/*-packages"):
            found += [str(path) for path in Path(folder).glob(level) if path.is_dir()]
    return found


def label_files(folder: str) -> list[str]:
    """Data files whose names say that they hold Iris, digits or MNIST."""
    found = []
    for where, _, names in os.walk(folder):
        found += [
            os.path.join(where, name)
            for name in names
            if _LABEL_NAME.search(name) and not _NO_DATA.search(name)
        ]
    return sorted(found)
