"""Print what pyproject.toml asks for: `python requirements.py EXTRA...`.

An image installs this before it copies the code, so that a changed line of code does not install torch again.
"""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
# The project's own dependencies are those of its command lines, which come with the server.
wanted = list(project["dependencies"]) if "server" in sys.argv else []
for extra in sys.argv[1:]:
    wanted += project["optional-dependencies"][extra]
sys.stdout.write("\n".join(wanted) + "\n")
