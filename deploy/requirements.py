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
if "gpu" in sys.argv:
    # Two builds of one package: the one with CUDA goes in place of the other, not on top of it.
    wanted = [requirement for requirement in wanted if not requirement.startswith("tensorflow-cpu")]
sys.stdout.write("\n".join(wanted) + "\n")
