"""A page whose commands are typed into a terminal of a clean environment, and whose answers are what is seen there.

In a page, a block ```sh prepares, and a block ```console holds commands after `$ `, each with what it shows below it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyte
from terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = 90
# What a person's terminal keeps above the window.
_ROWS = 400
_BLOCK = re.compile(r"^```(sh|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMPT = "$ "
_PACKAGES = ("api", "client", "graders", "server", "store", "worker")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER = re.compile(r"-?\d+(?:[.:-]\d+)*")
_VERDICT = re.compile(r"[✓◐✗–] ([\w ]+): (?:passed|partly|failed|not graded),")
_PICTURE = re.compile(r" *([\d.]+ %)? [┤└].*")
# What pip needs to know of the network it is in.
_NETWORK = re.compile(r"(?i)(PIP_.*|.*_PROXY|SSL_CERT_\w+|REQUESTS_CA_BUNDLE)")


@dataclass(frozen=True)
class Step:
    command: str
    shown: tuple[str, ...]


def preparation(page):
    return "\n".join(text for kind, text in _BLOCK.findall(page) if kind == "sh")


def steps(page):
    return [step for kind, text in _BLOCK.findall(page) if kind == "console" for step in _steps(text)]


def _steps(block):
    found = []
    for line in block.splitlines():
        if line.startswith(_PROMPT):
            found.append(Step(line.removeprefix(_PROMPT), ()))
        else:
            found[-1] = Step(found[-1].command, (*found[-1].shown, line))
    return found


def with_answers(page, shown):
    """The page with `shown`, the lines of each step in order, in place of the answers it has."""
    left = iter(shown)

    def block(match):
        if match[1] == "sh":
            return match[0]
        lines = []
        for step in _steps(match[2]):
            lines += [f"{_PROMPT}{step.command}", *next(left)]
        return "\n".join(["```console", *lines, "```"])

    return _BLOCK.sub(block, page)


def normal(lines):
    """What must be the same whenever it is done: the words, their lines and order.

    Figures and ids are not; nor what a report says because of its figures, which differ from run to run.
    """
    found = []
    pictures = ["#" if _PICTURE.fullmatch(line) else line for line in lines]
    for line in _without_judgement(_joined(pictures)):
        text = _NUMBER.sub("N", _UUID.sub("ID", line))
        indent = len(text) - len(text.lstrip())
        found.append(" " * indent + re.sub(r"[ ─]+", " ", text.strip()))
    return found


def _without_judgement(lines):
    """Each criterion in its line with any verdict, no sentence about it, no diagnosis and no advice."""
    section = ""
    for line in lines:
        section = line if line and not line.startswith((" ", "#")) else section
        if section.startswith(("What to try", "Diagnosis: ")) or (section == "Criteria" and line.startswith("    ")):
            continue
        yield _VERDICT.sub("S \\1: V,", line) if section == "Criteria" else line


def _joined(lines):
    """Sentences that are wrapped in one line each: another figure may break them at another word."""
    found, previous = [], ""
    for line in lines:
        indent = len(line) - len(line.lstrip())
        would_not_fit = line.split() and len(previous) + 1 + len(line.split()[0]) > COLUMNS
        if would_not_fit and indent == len(previous) - len(previous.lstrip()) and previous:
            found[-1] += f" {line.strip()}"
        else:
            found.append(line)
        previous = line
    return found


def build_wheel(folder):
    """The wheel, from a copy of the sources, so that nothing is left among them."""
    sources = folder / "sources"
    sources.mkdir()
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, sources)
    for name in _PACKAGES:
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder), str(sources)],
        check=True, timeout=300,
    )  # fmt: skip
    return next(folder.glob("labmark-*.whl"))


class CleanPlace:
    """A home with the client installed as the page says, and nothing of this project or of its libraries."""

    def __init__(self, home, wheel, commands):
        self.home, self.folder = home, home
        shutil.copy(wheel, home)
        system = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
        network = {name: value for name, value in os.environ.items() if _NETWORK.fullmatch(name)}
        own = Path.home() / ".config" / "pip" / "pip.conf"
        network |= {"PIP_CONFIG_FILE": str(own)} if own.exists() else {}
        done = subprocess.run(
            ["bash", "-e", "-c", commands], cwd=home, env={"PATH": system, "HOME": str(home), "LANG": "C.UTF-8", **network},
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        self.environment = {
            "PATH": f"{home}/labmark/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color",
        }  # fmt: skip

    def python(self, code):
        return subprocess.run(["python", "-c", code], cwd=self.home, env=self.environment, capture_output=True, text=True,
                              timeout=120, check=False)  # fmt: skip

    def type(self, command, *, answers, status=0, seconds=300):
        """What stands in the terminal when the command has ended. `answers`: what is typed after which words."""
        if command.startswith("cd "):
            self.folder = self.folder / command.removeprefix("cd ")
            assert self.folder.is_dir()
            return []
        terminal = Terminal(["bash", "-c", command], environment=self.environment, folder=self.folder,
                            columns=COLUMNS, rows=_ROWS)  # fmt: skip
        for words, answer in answers.items():
            terminal.wait_for(words)
            terminal.type(f"{answer}\n")
        ended = terminal.end(seconds)
        shown = _screen(terminal.shown)
        assert ended == status, "\n".join([command, *shown])
        return shown


def _screen(written):
    screen = pyte.Screen(COLUMNS, _ROWS)
    pyte.ByteStream(screen).feed(written)
    lines = [line.rstrip() for line in screen.display]
    while lines and not lines[-1]:
        lines.pop()
    return lines
