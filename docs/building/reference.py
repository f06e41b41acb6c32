"""The reference of the API as Markdown, a page for each tag, made from the OpenAPI document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from api.app import create_app
from api.examples import example_of
from docs.building.schema_words import anchor_of, constraints, fields, kind_of, model_in
from store.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

Operation = dict[str, Any]
REFERENCE: Final = "reference"
_OBJECTS: Final = "objects"
_TITLES: Final = {"mine": "What is yours", "datasets": "Data sets"}
_FORM: Final = "multipart/form-data"
_PROBLEM: Final = "application/problem+json"
_LONGEST_EXAMPLE_LINES: Final = 60


@dataclass(frozen=True, kw_only=True)
class ReferencePage:
    """`path`: under docs/, where MkDocs takes it for a file that is there."""

    title: str
    path: str
    markdown: str


@cache
def contract() -> dict[str, Any]:
    """The OpenAPI document that the service would serve. Nothing is connected to."""
    return create_app(Settings(database_url="sqlite:///var/unused.sqlite3")).openapi()


def pages(document: dict[str, Any]) -> list[ReferencePage]:
    """A page for each tag that has operations, in the document's order, and one of all objects."""
    found = []
    for tag in document["tags"]:
        own = [each for each in _operations(document) if each[2]["tags"] == [tag["name"]]]
        if own:
            title = title_of(tag["name"])
            parts = [f"# {title}\n\n{tag['description']}\n", *(_operation(*each) for each in own)]
            found.append(
                ReferencePage(title=title, path=f"{REFERENCE}/{tag['name']}.md", markdown="\n".join(parts))
            )
    found.append(_objects(document))
    return [_front(found), *found]


def _front(found: list[ReferencePage]) -> ReferencePage:
    names = "\n".join(Path(page.path).stem for page in found)
    told = "Every operation of the service, made from the OpenAPI document that it serves at `/openapi.json`."
    markdown = f"# Reference\n\n{told}\n\n```{{toctree}}\n:maxdepth: 2\n\n{names}\n```\n"
    return ReferencePage(title="Reference", path=f"{REFERENCE}/index.md", markdown=markdown)


def overview(document: dict[str, Any]) -> str:
    """Every operation in one table, each a link to where it is described; for a page beside the folder."""
    rows = ["| operation | what it does |", "| --- | --- |"]
    rows += [
        f"| [`{method} {path}`](#{operation['operationId']}) "
        f"| {_cell(_sentence(operation))} |"
        for method, path, operation in _operations(document)
    ]
    return "\n".join(rows)


def title_of(tag: str) -> str:
    return _TITLES.get(tag, tag.capitalize())


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _operation(method: str, path: str, operation: Operation) -> str:
    shown = f'<span class="method {method.lower()}">{method}</span> <code>{_breakable(path)}</code>'
    parts = [
        f"({operation['operationId']})=\n## {operation['summary']}\n",
        f'<p class="operation">{shown}</p>\n',
        operation["description"] + "\n",
        "" if "security" in operation else "Asked without a token.\n",
        _parameters(operation.get("parameters", [])),
        _request(operation.get("requestBody")),
        *(_answer(status, answer) for status, answer in operation["responses"].items()),
        _problems(operation["responses"]),
    ]
    return "\n".join(part for part in parts if part)


def _breakable(path: str) -> str:
    """An address breaks before a slash where it does not fit a phone."""
    return path.replace("/", "<wbr>/")


def _parameters(parameters: list[dict[str, Any]]) -> str:
    if not parameters:
        return ""
    rows = ["| parameter | where | form | what |", "| --- | --- | --- | --- |"]
    for parameter in parameters:
        schema = parameter["schema"]
        needed = " **Needed.**" if parameter.get("required") and parameter["in"] != "path" else ""
        example = next(iter(schema.get("examples", [])), None)
        shown = "" if example is None else f" Example: `{example}`."
        told = _ended(parameter.get("description", ""))
        rows.append(
            f"| `{parameter['name']}` | {parameter['in']} | {_cell(kind_of(schema) + constraints(schema))} "
            f"| {_cell(told + needed + shown)} |"
        )
    return "\n".join(rows) + "\n"


def _request(body: dict[str, Any] | None) -> str:
    if body is None:
        return ""
    parts = []
    for media, content in body["content"].items():
        parts.append(f"**Send** `{media}`{_of_model(content)}\n")
        if media == _FORM:
            parts.append(fields(content["schema"], next(iter(_examples(content)), None)))
        else:
            parts += [_fenced(example, media) for example in _examples(content)[:1]]
    return "\n".join(parts)


def _answer(status: str, answer: dict[str, Any]) -> str:
    contents = {m: c for m, c in answer.get("content", {}).items() if m != _PROBLEM}
    if not contents and not status.startswith("2"):
        return ""
    told = answer["description"].replace("Successful Response", "Done")
    parts = [f"**{status}** {_ended(told)}"]
    headers = ", ".join(
        f"`{name}` ({header.get('description', '')})" for name, header in answer.get("headers", {}).items()
    )
    if headers and contents:
        parts[0] += f" With {headers}."
    for media, content in contents.items():
        parts.append(f"\n`{media}`{_of_model(content)}\n")
        parts += [_fenced(example, media) for example in _examples(content)[:1]]
    return "\n".join(parts) + "\n"


def _problems(responses: dict[str, Any]) -> str:
    rows = []
    for status, answer in responses.items():
        for code, example in answer.get("content", {}).get(_PROBLEM, {}).get("examples", {}).items():
            value = example["value"]
            rows.append(f"| {status} | `{code}` | {_cell(value['title'])} | {_cell(value['detail'])} |")
    head = ["| status | code | title | for example |", "| --- | --- | --- | --- |"]
    return _folded("Problems", "\n".join([*head, *rows]))


def _objects(document: dict[str, Any]) -> ReferencePage:
    parts = ["# Objects\n\nWhat requests and answers are made of, by name.\n"]
    schemas = document["components"]["schemas"]
    for name, schema in sorted(schemas.items()):
        parts.append(f"({anchor_of(name)})=\n## {name}\n")
        if "description" in schema:
            parts.append(_ended(schema["description"]) + "\n")
        example = example_of({"$ref": f"#/{name}"}, schemas)
        parts.append(fields(schema, example) or f"{kind_of(schema)}\n")
    return ReferencePage(title="Objects", path=f"{REFERENCE}/{_OBJECTS}.md", markdown="\n".join(parts))


def _of_model(content: dict[str, Any]) -> str:
    name = model_in(content.get("schema", {}))
    return f": [{name}](#{anchor_of(name)})" if name else ""


def _examples(content: dict[str, Any]) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    return [each["value"] for each in content.get("examples", {}).values()]


def _fenced(example: Any, media: str) -> str:
    if isinstance(example, str):
        text, language = example, "text"
    elif "yaml" in media:
        text, language = yaml.safe_dump(example, sort_keys=False, allow_unicode=True), "yaml"
    else:
        text, language = json.dumps(example, indent=2, ensure_ascii=False), "json"
    lines = text.rstrip("\n").split("\n")
    if len(lines) <= _LONGEST_EXAMPLE_LINES:
        return f"```{language}\n" + "\n".join(lines) + "\n```\n"
    return _folded(f"Example of {len(lines)} lines", "\n".join([f"```{language}", *lines, "```"]))


def _folded(summary: str, inner: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{inner}\n\n</details>\n"


def _sentence(operation: Operation) -> str:
    """The first sentence of its description."""
    first: str = operation["description"].split("\n", 1)[0]
    return first.split(". ", 1)[0].rstrip(".") + "."


def _ended(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?")) else text + "."


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
