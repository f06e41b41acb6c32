"""Write deploy/lock/*.txt: every package of every image, pinned, with the hashes of its files. `make lock`.

    server.txt   the api image
    worker.txt   what the worker image has on top of that
    runner.txt   the runner image without a GPU, but for torch, of which there are two builds:
    torch.txt    without CUDA libraries (+cpu), for where pip finds it; PyPI does not have it
    cuda.txt     PyPI's, and what it needs
    gpu.txt      the runner image with GPU libraries
    tools.txt    what builds our own code and lists what is in an image

Each is complete, so an image installs it with `--require-hashes --no-deps` and asks no resolver. Versions
that are written there are kept; `--upgrade` takes the newest that pyproject.toml allows. The build +cpu of
torch is looked for where pip is told to look (PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS).
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE / "lock"
DOCUMENT = tomllib.loads((HERE.parent / "pyproject.toml").read_text())
PROJECT = DOCUMENT["project"]
# What the images are: Debian bookworm on x86-64.
PLATFORM = ["--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_36"]
TOOLS = ["cyclonedx-bom>=7,<8", *DOCUMENT["build-system"]["requires"]]
_WITH_CUDA = re.compile(r"(nvidia|cuda|triton)(-|$)|torch$")
_NAME = re.compile(r"^([A-Za-z0-9._-]+)==")


def wanted(*extras: str) -> list[str]:
    return [requirement for extra in extras for requirement in PROJECT["optional-dependencies"][extra]]


def resolve(requirements: list[str], *, kept: list[Path], constraints: dict[str, str]) -> dict[str, str]:
    """Name to its lines in a lock file. Raises SystemExit with the resolver's words where nothing fits."""
    with tempfile.TemporaryDirectory() as place:
        asked, bounds, result = (Path(place) / name for name in ("asked.in", "bounds.txt", "lock.txt"))
        asked.write_text("\n".join(requirements) + "\n")
        bounds.write_text("\n".join(lines.partition(" ")[0] for lines in constraints.values()) + "\n")
        result.write_text("".join(path.read_text() for path in kept if path.exists()))
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--generate-hashes", *PLATFORM]
        command += ["--no-header", "--no-annotate", "--constraints", str(bounds)]
        command += ["--output-file", str(result), str(asked)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{requirements}: {done.stderr}")
        packages = re.split(r"\n(?=[A-Za-z0-9])", result.read_text().strip())
    return {_NAME.match(lines)[1]: lines for lines in packages}  # type: ignore[index]


def build_without_cuda(lines: str) -> str:
    """The lines of the build +cpu of the torch that `lines` pin."""
    pinned = lines.partition(" ")[0]
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        command += ["--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"]
        command += ["--dest", place, f"{pinned}+cpu"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{pinned}+cpu is not where pip looks; set PIP_EXTRA_INDEX_URL: {done.stderr[-1000:]}")
        wheel = next(Path(place).glob("*.whl"))
        return f"{pinned}+cpu \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"


def write(name: str, packages: dict[str, str]) -> None:
    head = "# Written by deploy/lock.py (make lock), which says what it is for.\n"
    (FOLDER / f"{name}.txt").write_text(head + "".join(f"{lines}\n" for _, lines in sorted(packages.items())))
    sys.stdout.write(f"deploy/lock/{name}.txt: {len(packages)} packages\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Pin the packages of the images.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest that pyproject.toml allows")
    upgrade = parser.parse_args().upgrade

    def locked(requirements: list[str], *names: str, bounds: dict[str, str] | None = None) -> dict[str, str]:
        kept = [] if upgrade else [FOLDER / f"{name}.txt" for name in names]
        return resolve(requirements, kept=kept, constraints=bounds or {})

    FOLDER.mkdir(exist_ok=True)
    server = locked(PROJECT["dependencies"] + wanted("server", "s3"), "server")
    write("server", server)
    worker = locked(PROJECT["dependencies"] + wanted("server", "s3", "worker"), "worker", bounds=server)
    write("worker", {name: lines for name, lines in worker.items() if name not in server})

    runner = locked(wanted("runner"), "runner", "cuda", bounds=worker)
    with_cuda = {name: lines for name, lines in runner.items() if _WITH_CUDA.match(name)}
    write("cuda", with_cuda)
    write("torch", {"torch": build_without_cuda(runner["torch"])})
    write("runner", {name: lines for name, lines in runner.items() if name not in with_cuda})
    # Two builds of one package: the one with CUDA goes in place of the other.
    on_gpu = [asked for asked in wanted("runner", "gpu") if not asked.startswith("tensorflow-cpu")]
    same = {name: lines for name, lines in runner.items() if name != "tensorflow-cpu"}
    write("gpu", locked(on_gpu, "gpu", bounds=same))
    write("tools", locked(TOOLS, "tools"))


if __name__ == "__main__":
    main()
