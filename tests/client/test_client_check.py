"""What `labmark check` says where there is nothing to try, without trying anything."""

from __future__ import annotations

import json
import re

import pytest

import client.checking
from client.checking import stop_of
from client.messages import CATALOGS
from server.check import messages
from server.check.messages import StopCheckError, require_base, require_framework, require_system

CODES = set(re.findall(r"`([a-z_0-9]+)`(?= \{|,)", messages.__doc__.partition("Codes of `stop`")[2].partition("`differs`")[0]))


def test_every_reason_has_its_sentence_in_every_language():
    assert {"packages_missing", "no_jail", "bad_notebook", "no_spec"} <= CODES
    for catalog in CATALOGS.values():
        told = {name.removeprefix("stop.") for name in catalog if name.startswith("stop.")}
        assert told == CODES | {"no_framework", "too_large"}


@pytest.mark.parametrize(("language", "words"), [("en", "To run your own file without"), ("ro", "Ca să rulezi propriul fișier")])
def test_a_missing_layer_is_named_with_its_remedy(monkeypatch, language, words):
    monkeypatch.setenv("LABMARK_LANG", language)
    stop = stop_of({"code": "no_jail", "missing": {"scratch": "see\x1b[31m mounts", "landlock": "in English"}})
    assert "  scratch: see mounts\n  landlock: " in stop.message
    assert "Linux 6.12" in stop.message
    assert "in English" not in stop.message
    assert words in stop.message
    assert (stop.exit_status, stop.code) == (2, "no_jail")


@pytest.mark.parametrize(
    ("system", "machine", "jail", "told"),
    [
        ("darwin", "arm64", True, "Darwin arm64"),
        ("win32", "AMD64", True, "Windows AMD64"),
        ("linux", "aarch64", True, "Linux aarch64"),
        ("darwin", "arm64", False, None),
        ("win32", "AMD64", False, None),
        ("linux", "aarch64", False, None),
        ("linux", "x86_64", True, None),
    ],
)
def test_a_system_that_has_no_jails_is_named_before_anything_is_imported(monkeypatch, system, machine, jail, told):
    monkeypatch.setattr(messages.sys, "platform", system)
    names = {"darwin": "Darwin", "win32": "Windows", "linux": "Linux"}
    monkeypatch.setattr(messages.platform, "system", lambda: names[system])
    monkeypatch.setattr(messages.platform, "machine", lambda: machine)
    if told is None:
        require_system(jail=jail)
        return
    with pytest.raises(StopCheckError) as stop:
        require_system(jail=jail)
    assert stop.value.code == "no_jail"
    assert stop.value.told["missing"]["system"].endswith(f"this is {told}")


def test_packages_are_named_as_pip_knows_them(monkeypatch):
    monkeypatch.setattr(messages, "find_spec", lambda name: None if name in {"sklearn", "tensorflow", "pyseccomp"} else object())
    with pytest.raises(StopCheckError) as stop:
        require_base()
    assert stop.value.told == {"packages": ["scikit-learn"]}
    require_framework("pytorch", jail=False)
    with pytest.raises(StopCheckError) as stop:
        require_framework("keras", jail=True)
    assert stop.value.told == {"packages": ["tensorflow-cpu", "pyseccomp"]}


def test_without_an_assignment_it_asks_for_one(labmark):
    assert "--assignment" in labmark("check", labmark.write(), status=2).stderr


def test_a_file_that_is_not_there_and_a_name_that_is_none(labmark):
    assert "cannot be read" in labmark("check", "nothing.py", "-a", "iris-one", status=2).stderr
    assert "not the short name" in labmark("check", labmark.write(), "-a", "../x", status=2).stderr


def test_an_unknown_assignment_without_a_service_names_the_built_in_labs(labmark):
    stop = json.loads(labmark("check", labmark.write(), "-a", "iris-one", "--json", status=2).stdout)["error"]
    assert stop["code"] == "no_spec"
    assert "iris-single-layer" in stop["message"]


@pytest.mark.parametrize(("name", "content", "code"), [
    ("a.py", b"\xff", "not_utf8"), ("a.txt", b"", "unsupported_file"), ("a.ipynb", b"{}", "bad_notebook"),
    ("a.py", b"#" * 1_100_000, "too_large"), ("a.ipynb", b" " * 9_000_000, "too_large"),
])  # fmt: skip
def test_a_file_that_would_not_be_taken_is_not_taken_here(labmark, name, content, code):
    file = labmark.folder / name
    file.write_bytes(content)
    stop = json.loads(labmark("check", file, "-a", "iris-single-layer", "--json", status=2).stdout)["error"]
    assert stop["code"] == code


def test_a_program_that_breaks_off_is_nobodys_failure(labmark, monkeypatch):
    monkeypatch.setattr(client.checking, "_PROGRAM", "server.no_such_module")
    done = labmark("check", labmark.write(), "-a", "iris-single-layer", status=5)
    assert "not because of your code" in done.stderr
    assert "No module named" in done.stderr


def test_what_a_service_asks_is_kept_for_when_it_cannot_be_asked(labmark):
    labmark.login()
    labmark("start", "iris-one")
    kept = list((labmark.home / "asked").iterdir())
    assert len(kept) == 1
    assert json.loads(kept[0].read_text())["spec"]["slug"] == "iris-one"


def test_data_of_the_courses_own_is_at_its_service_alone(labmark):
    labmark.login()
    stop = json.loads(labmark("check", labmark.write(), "-a", "wine-lab", "--json", status=2).stdout)["error"]
    assert stop["code"] == "no_dataset"
    assert "wine" in stop["message"]
