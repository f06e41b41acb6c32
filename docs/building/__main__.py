"""python -m docs.building [FOLDER]: build the site, strictly, into FOLDER (var/site)."""

from __future__ import annotations

import sys
from pathlib import Path

from docs.building.site import build

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "var/site")
status = build(folder)
if status == 0:
    print(f"{folder / 'index.html'} is the first page; it opens in a browser as it is")
raise SystemExit(status)
