"""Every command of ours in the pages exists, with those options; every request is one of the API's contract."""

from __future__ import annotations

import fnmatch
import re
import subprocess
from urllib.parse import parse_qsl, urlsplit

import pytest
import typer
from doc_pages import ROOT, blocks, inline_code
from shell_lines import OURS, commands, typed

from client.cli import app as client_app
from server.cli import app as server_app

USAGE_ERROR = typer.BadParameter.__base__
APPS = {"labmark": typer.main.get_command(client_app), "labmark-server": typer.main.get_command(server_app)}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
MAKE_VARIABLES = set(re.findall(r"\$\((?:if \$\()?([A-Z_]+)\)", (ROOT / "Makefile").read_text()))
IN_BLOCKS = [(block.place, words) for block in blocks("sh", "console") for words in commands(typed(block))]
OURS_IN_BLOCKS = [(place, words) for place, words in IN_BLOCKS if words[0] in OURS]
# In a sentence a command may stand without what it needs: `labmark-server runs show`.
IN_SENTENCES = [
    (place, words)
    for place, code in inline_code()
    if code.split()[0] in OURS and len(code.split()) > 1
    for words in list(commands(code.replace("...", "")))[:1]
]


def fault(words, *, whole):
    """What is wrong with a command, or None. `whole`: what it must be given has to be there."""
    if words[0] == "make":
        unknown = [w for w in words[1:] if not fnmatch.filter(TARGETS, w) and w.split("=")[0] not in MAKE_VARIABLES]
        return f"the Makefile has no {unknown}" if unknown else None
    command, rest = APPS[words[0]], words[1:]
    context = typer.Context(command, info_name=words[0])
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        name, rest = rest[0], rest[1:]
        if name not in command.commands:
            return f"there is no command {name!r}"
        command = command.commands[name]
        context = typer.Context(command, info_name=name, parent=context)
    if hasattr(command, "commands") and whole:
        return "which of its commands is meant?"
    try:
        given, left, _ = command.make_parser(context).parse_args(args=list(rest))
    except USAGE_ERROR as error:
        return error.format_message()
    missing = [p.name for p in command.params if p.required and given.get(p.name) in (None, (), [])]
    if whole and missing:
        return f"{missing} is missing"
    return f"{left} is too much" if left else None


@pytest.mark.parametrize(("place", "words"), OURS_IN_BLOCKS, ids=lambda value: " ".join(value) if isinstance(value, list) else value)
def test_a_command_of_a_block_exists_with_its_options(place, words):
    assert fault(words, whole=True) is None, (place, words)


@pytest.mark.parametrize(("place", "words"), IN_SENTENCES, ids=lambda value: " ".join(value) if isinstance(value, list) else value)
def test_a_command_in_a_sentence_exists_with_its_options(place, words):
    assert fault(words, whole=False) is None, (place, words)


@pytest.mark.parametrize(
    "wrong",
    [
        "labmark sumbit lab.py", "labmark submit lab.py --quickly", "labmark submit", "labmark log one two",
        "labmark-server runs", "labmark-server user create", "labmark-server sandbox chekc", "make tets",
        "make demo DEMO_EXITS=1",
    ],
)  # fmt: skip
def test_what_does_not_exist_is_found(wrong):
    assert fault(wrong.split(), whole=True) is not None


def test_there_are_commands_to_look_at():
    assert {words[0] for _, words in OURS_IN_BLOCKS} == set(OURS)
    assert len(OURS_IN_BLOCKS) >= 30
    assert len(IN_SENTENCES) >= 15


def test_blocks_of_shell_are_shell():
    for block in blocks("sh"):
        told = subprocess.run(["sh", "-n"], check=False, input=block.text, capture_output=True, text=True)
        assert told.returncode == 0, (block.place, told.stderr)


# Requests

REQUEST = re.compile(r"^(GET|POST|PUT|PATCH|DELETE) (\S+)$")
HOSTS = {"127.0.0.1:8000", "labmark.example.org"}
NOT_IN_THE_CONTRACT = {"/openapi.json"}  # the contract itself


def operation_of(contract, method, path):
    """The operation that answers there, or None. A `{name}` of the page stands for any part."""
    for known, methods in contract["paths"].items():
        form = re.sub(r"\\\{[^/]*?\\\}", "[^/]+", re.escape(known))
        if re.fullmatch(form, path) and method.lower() in methods:
            return methods[method.lower()]
    return None


def unknown_query(operation, query):
    known = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
    return [name for name, _ in parse_qsl(query, keep_blank_values=True) if name not in known]


def curl_fault(contract, words):
    method, headers, form, url, data = None, [], [], None, False
    rest = iter(words[1:])
    for word in rest:
        if word in {"-X", "--request"}:
            method = next(rest)
        elif word in {"-H", "--header"}:
            headers.append(next(rest))
        elif word in {"-F", "--form"}:
            form.append(next(rest).split("=")[0])
        elif word in {"-d", "--data", "--data-binary", "--json"}:
            data = bool(next(rest))
        elif word in {"-o", "--output", "--max-time"}:
            next(rest)
        elif not word.startswith("-"):
            url = urlsplit(word)
    assert url is not None, words
    if url.netloc not in HOSTS:
        return f"{url.netloc} is no host of the pages"
    method = method or ("POST" if form or data else "GET")
    operation = operation_of(contract, method, url.path)
    if operation is None:
        return None if url.path in NOT_IN_THE_CONTRACT else f"no operation {method} {url.path}"
    return _fault_of_what_is_sent(operation, headers, form, data) or (
        f"no parameters {wrong}" if (wrong := unknown_query(operation, url.query)) else None
    )


def _fault_of_what_is_sent(operation, headers, form, data):
    bodies = operation.get("requestBody", {}).get("content", {})
    given = dict(h.lower().split(": ", 1) for h in headers)
    if form:
        fields = bodies.get("multipart/form-data", {}).get("schema", {})
        wrong = set(form) ^ (set(form) & set(fields.get("properties", {})) | set(fields.get("required", [])))
        return f"fields {wrong}" if wrong else None
    if data and given.get("content-type", "application/json") not in bodies:
        return f"{given.get('content-type')} is not taken"
    allowed = {p["name"].lower() for p in operation.get("parameters", []) if p["in"] == "header"}
    extra = set(given) - allowed - {"authorization", "content-type", "accept", "accept-language"}
    return f"headers {extra}" if extra else None


CURLS = [(place, words) for place, words in IN_BLOCKS if words[0] == "curl"]


@pytest.mark.parametrize(("place", "words"), CURLS, ids=lambda value: value if isinstance(value, str) else value[-1])
def test_a_request_by_curl_is_one_of_the_contract(place, words, contract):
    assert curl_fault(contract, words) is None, place


def test_a_wrong_request_is_found(contract):
    base = "http://127.0.0.1:8000/api/v1"
    for wrong in (
        f"{base}/assignment", f"-X POST {base}/assignments", f"{base}/submissions?stat=errored",
        f"-F datei=@lab.py {base}/assignments/iris/submissions", f"-d x -H 'Content-Type: text/x-lab' -X PUT {base}/assignments/iris/spec",
        "http://elsewhere.example/api/v1/me",
    ):  # fmt: skip
        assert curl_fault(contract, list(next(commands(f"curl {wrong}")))) is not None, wrong


def test_every_request_in_a_sentence_is_one_of_the_contract(contract):
    seen = 0
    for place, code in inline_code():
        found = REQUEST.match(code)
        if found and found[2].startswith("/"):
            url = urlsplit(found[2])
            operation = operation_of(contract, found[1], url.path)
            assert operation is not None or url.path in NOT_IN_THE_CONTRACT, (place, code)
            if operation is not None:
                assert unknown_query(operation, url.query) == [], (place, code)
            seen += 1
    assert seen >= 20
