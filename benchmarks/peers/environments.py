"""The peers' own virtual environments under `<data folder>/peers`, made once, each from its package.

PyTorch and NumPy are not installed again: a .pth line leads to a folder of links to the project's own copies
and to what they need, nothing else, so that all train with the very same code. What a peer has installed for
itself goes before.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from release.dependencies import needed
from store.settings import Settings

# The peer, and what most of its time is spent in.
_NOTEBOOKS = ("nbconvert==7.17.2", "nbclient==0.11.0", "ipykernel==7.4.0", "jupyter_client==8.10.0")
PINNED = {
    "nbgrader": ("nbgrader==0.9.6", *_NOTEBOOKS),
    # The extra holds what grading outside of a container needs.
    "otter": ("otter-grader[grading]==7.0.0", *_NOTEBOOKS),
}
SHARED = ("torch", "numpy")
_TELL_VERSIONS = """
import json, sys
from importlib.metadata import version
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""


def folder() -> Path:
    return Settings().data_dir.resolve() / "peers"


def make(peer: str) -> Path:
    """The folder of its programs; made where there is none yet, or other versions are asked for now.

    Raises RuntimeError with what pip said.
    """
    home = folder() / peer
    asked, marker = "\n".join(PINNED[peer]), home / "installed.txt"
    if not marker.exists() or marker.read_text() != asked:
        print(f"  making the environment of {peer}: {', '.join(PINNED[peer])}", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        command = [str(home / "bin" / "pip"), "install", "--quiet", *PINNED[peer]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"pip could not make the environment of {peer}:\n{done.stderr[-3000:]}")
        marker.write_text(asked)
    for packages in home.glob("lib/python3*/site-packages"):
        (packages / "shared_frameworks.pth").write_text(f"{_links()}\n")
    return home / "bin"


def versions(peer: str) -> dict[str, str]:
    """Of everything installed or linked there that could matter to a reader."""
    wanted = [re.split(r"[=\[]", pin)[0] for pin in PINNED[peer]] + list(SHARED)
    command = [str(folder() / peer / "bin" / "python"), "-c", _TELL_VERSIONS, *wanted]
    found: dict[str, str] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def _links() -> Path:
    home = folder() / "shared_frameworks"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for name in needed([Requirement(name) for name in SHARED]):
        found = distribution(name)
        for top in {part.parts[0] for part in found.files or ()} - {"..", "__pycache__"}:
            # A .pth file would be read in the first folder only; setuptools' is for old interpreters.
            if not top.endswith(".pth"):
                (home / top).symlink_to(Path(str(found.locate_file(top))))
    return home
