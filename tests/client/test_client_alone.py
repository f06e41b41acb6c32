"""The command line as it is installed: alone, on any system, with completion and help."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import client
from client import problems
from client.cli import app

ROOT = Path(__file__).resolve().parents[2]
# What only some systems have.
NOT_EVERYWHERE = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty", "winreg", "msvcrt"}
# Of `os` and `signal`, the same.
POSIX_ONLY = {
    "os.fork", "os.getuid", "os.geteuid", "os.getgid", "os.kill", "os.killpg", "os.chmod", "os.chown", "os.mkfifo",
    "os.setsid", "os.uname", "os.getloadavg", "signal.SIGKILL", "signal.SIGALRM", "signal.alarm", "signal.pause",
}  # fmt: skip
COMMANDS = ["login", "logout", "whoami", "courses", "assignments", "start", "check", "submit", "watch", "results", "log", "status"]


def test_it_needs_three_packages_and_nothing_of_ours():
    """In a process that can import those that it declares, what they need, and the standard library."""
    code = (
        "import sys, client.cli\n"
        "print(*{name.partition('.')[0] for name in sys.modules if name.partition('.')[0] not in sys.stdlib_module_names})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
                          env={"PATH": os.environ["PATH"], "LABMARK_LANG": "en"})  # fmt: skip
    loaded = {name for name in done.stdout.split() if not name.startswith("_")}
    of_ours = {"api", "graders", "server", "store", "worker"}
    heavy = {"torch", "tensorflow", "keras", "numpy", "pydantic", "sqlalchemy", "fastapi", "celery", "redis", "yaml"}
    assert "client" in loaded
    assert loaded & (of_ours | heavy) == set()
    wanted = {"client", "httpx", "httpcore", "h11", "anyio", "sniffio", "idna", "certifi", "typer", "click", "rich",
              "shellingham", "pygments", "markdown_it", "mdurl", "typing_extensions", "annotated_doc", "colorama"}  # fmt: skip
    # httpx takes these where they happen to be installed.
    assert loaded <= wanted | {"brotli", "brotlicffi", "zstandard", "h2", "socksio"}


def test_it_asks_for_nothing_that_windows_or_macos_lack():
    for path in Path(client.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & NOT_EVERYWHERE, path
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                asked = f"{node.value.id}.{node.attr}"
                assert asked not in POSIX_ONLY, path


def test_text_files_are_read_and_written_as_utf8_everywhere():
    for path in Path(client.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {
                "read_text", "write_text", "fdopen", "open"
            }:  # fmt: skip
                keywords = {keyword.arg for keyword in node.keywords}
                is_descriptor = isinstance(node.func.value, ast.Name) and node.func.attr == "open"
                assert "encoding" in keywords or is_descriptor, f"{path.name}:{node.lineno}"


def test_every_command_has_a_help_that_fits_its_line():
    help_text = CliRunner().invoke(app, ["--help"]).stdout
    for command in COMMANDS:
        line = next(line for line in help_text.splitlines() if line.split()[:1] == [command])
        assert not line.endswith("...")
        shown = CliRunner().invoke(app, [command, "--help"])
        assert shown.exit_code == 0
        assert "--json" in shown.stdout
    listed = help_text.partition("Commands:")[2].split("\n")
    assert [line.split()[0] for line in listed if line.strip()] == COMMANDS


def completed(shell, line):
    done = subprocess.run(
        [sys.executable, "-m", "client"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
        env={"PATH": os.environ["PATH"], "_LABMARK_COMPLETE": f"complete_{shell}", "COMP_WORDS": line,
             "COMP_CWORD": str(len(line.split(" ")) - 1), "_TYPER_COMPLETE_ARGS": line,
             "_TYPER_COMPLETE_FISH_ACTION": "get-args", "_TYPER_COMPLETE_WORD_TO_COMPLETE": line.split(" ")[-1]},
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
@pytest.mark.parametrize(
    ("line", "words"),
    [("labmark s", {"start", "submit", "status"}),
     ("labmark start iris --framework ", {"pytorch", "lightning", "tensorflow", "keras"}),
     ("labmark submit --p", {"--patience"})],
)  # fmt: skip
def test_completion_for_shells(shell, line, words):
    found = set(re.findall(r"-{0,2}[a-z]+", re.sub(r"_arguments|[A-Z][^\n]*", "", completed(shell, line))))
    assert words <= found
    if shell == "bash":
        assert found == words


def test_completion_in_a_real_bash(tmp_path):
    """The script that `--show-completion` gives, in the shell that it is for."""
    own = tmp_path / "labmark"
    own.write_text(f'#!/bin/sh\nexec {sys.executable} -m client "$@"\n')
    own.chmod(0o755)
    code = (
        'source <(_LABMARK_COMPLETE=source_bash labmark)\n'
        'complete -p labmark\nCOMP_WORDS=(labmark st) COMP_CWORD=1\n_labmark_completion labmark\necho "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", code], capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "start status", done.stderr
    assert "-F _labmark_completion labmark" in done.stdout


def test_version_and_misuse():
    assert CliRunner().invoke(app, ["--version"]).stdout.startswith("labmark 0.")
    for arguments in ([], ["nothing"], ["submit"], ["watch", "--timeout", "-1"], ["status", "--limit", "0"]):
        assert CliRunner().invoke(app, arguments).exit_code == 2


def test_help_is_in_the_readers_language():
    done = subprocess.run(
        [sys.executable, "-m", "client", "submit", "-h"], cwd=ROOT, capture_output=True, text=True, check=True,
        env={"PATH": os.environ["PATH"], "LANG": "ro_RO.UTF-8", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert "Predă un fișier." in done.stdout


def test_the_page_about_it_names_every_command_and_status():
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([a-z]+)(?: \[?[A-Z]+\]?)?`", page.partition("| command |")[2].partition("\n\n")[0]))
    assert set(COMMANDS) <= told
    statuses = {int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert statuses == {value for name, value in vars(problems).items() if name.isupper() and isinstance(value, int)}
