"""What a specification may hold, as JSON Schema (draft 2020-12) and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import models_json_schema

from graders.registry import GRADERS
from graders.spec import AssignmentSpec

if TYPE_CHECKING:
    from graders.spec_places import Path

Schema = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_KINDS: Final = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}


def spec_schema() -> Schema:
    """Of a whole document. Each of `criteria` is one of the graders', with that grader's parameters.

    What concerns several values (cut-offs in order, ids that differ) no schema says: `read_spec` does.

    >>> [item["$ref"] for item in spec_schema()["properties"]["criteria"]["items"]["oneOf"]][0]
    '#/$defs/criterion_accuracy'
    """
    models = [(model, "validation") for model in (AssignmentSpec, *(g.parameters for g in GRADERS.values()))]
    _, both = models_json_schema(models)  # type: ignore[arg-type] # a list of pairs is what it takes
    definitions: Schema = both["$defs"]
    criterion = definitions.pop("CriterionSpec")
    document = definitions.pop("AssignmentSpec")
    for name, grader in GRADERS.items():
        parameters = grader.parameters.__name__
        definitions[f"criterion_{name}"] = _criterion(name, criterion, definitions[parameters], parameters)
    references = [{"$ref": f"#/$defs/criterion_{name}"} for name in GRADERS]
    properties = document["properties"]
    properties["criteria"] = {**properties["criteria"], "items": {"oneOf": references}}
    title = "Labmark assignment"
    return {"$schema": _DIALECT, **document, "title": title, "$defs": dict(sorted(definitions.items()))}


def _criterion(name: str, any_criterion: Schema, parameters: Schema, reference: str) -> Schema:
    properties = {
        **any_criterion["properties"],
        "grader": {"const": name},
        "parameters": {"$ref": f"#/$defs/{reference}"},
    }
    needed = ["parameters"] if parameters.get("required") else []
    return {
        "type": "object",
        "properties": properties,
        "required": [*any_criterion["required"], *needed],
        "additionalProperties": False,
    }


def schema_at(schema: Schema, path: Path) -> Schema:
    """The part of a model's schema that speaks of `path`; empty where it says nothing."""
    here = _plain(schema, schema)
    for part in path:
        inner = here.get("items") if isinstance(part, int) else here.get("properties", {}).get(part)
        if not isinstance(inner, dict):
            return {}
        here = _plain(inner, schema)
    return here


def _plain(part: Schema, whole: Schema) -> Schema:
    """With its reference followed, and the other branch of "or null" left out."""
    for branch in part.get("anyOf", ()):
        if branch.get("type") != "null":
            return {**_plain(branch, whole), "nullable": True}
    if "$ref" in part:
        found: Schema = whole["$defs"][part["$ref"].removeprefix("#/$defs/")]
        return found
    return part


def in_words(schema: Schema) -> str:
    """What is allowed, for a sentence.

    >>> in_words({"type": "number", "minimum": 0, "maximum": 1})
    'a number from 0 to 1'
    >>> in_words({"type": "integer", "exclusiveMinimum": 0, "nullable": True})
    'a whole number above 0, or null'
    """
    return _in_words(schema) + (", or null" if schema.get("nullable") else "")


def _in_words(schema: Schema) -> str:
    kind = schema.get("type", "")
    if "enum" in schema or "const" in schema:
        names = schema.get("enum", [schema.get("const")])
        return " or ".join(map(str, names)) if len(names) < 3 else f"one of {', '.join(map(str, names))}"
    if kind in ("integer", "number"):
        return f"{_KINDS[kind]}{_range(schema)}"
    if kind == "string":
        sizes = _sizes(schema, "Length", "characters")
        return "text" + (f" of {sizes}" if sizes else "") + _form(schema)
    if kind == "array":
        sizes = _sizes(schema, "Items", "items")
        items = schema.get("items", {})
        each = f", each {in_words(items)}" if "type" in items else ""
        return "a list" + (f" of {sizes}" if sizes else "") + each
    if kind == "object":
        names = ", ".join(schema.get("properties", ()))
        return f"a mapping with {names}" if names else "a mapping"
    return _KINDS.get(kind, "another value")


def _form(schema: Schema) -> str:
    return f" like {schema['pattern']}" if "pattern" in schema else ""


def _range(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f" from {figure(low)} to {figure(high)}"
    bounds = (("of at least", low), ("above", above), ("of at most", high), ("below", below))
    said = " and ".join(f"{words} {figure(bound)}" for words, bound in bounds if bound is not None)
    return f" {said}".replace(" and of ", " and ") if said else ""


def _sizes(schema: Schema, what: str, unit: str) -> str:
    low, high = schema.get(f"min{what}"), schema.get(f"max{what}")
    if low is not None and high is not None:
        return f"{low} to {high} {unit}"
    if low is not None:
        return f"at least {low}"
    return f"at most {high} {unit}" if high is not None else ""


def figure(value: float) -> str:
    """Without the point of a whole number.

    >>> figure(3600.0), figure(0.05)
    ('3600', '0.05')
    """
    return str(int(value)) if value == int(value) else str(value)


def parameter_table() -> str:
    """Every grader's parameters as a Markdown table: what is allowed, and what stands where none is given."""
    lines = ["| grader | parameter | allowed | default |", "| --- | --- | --- | --- |"]
    for name, grader in GRADERS.items():
        schema = grader.parameters.model_json_schema()
        for parameter, said in schema["properties"].items():
            allowed = in_words(schema_at(schema, (parameter,)))
            default = "must be given"
            if parameter not in schema.get("required", ()):
                default = "null" if said.get("default") is None else f"`{said['default']}`"
            lines.append(f"| {name} | `{parameter}` | {allowed} | {default} |")
    return "\n".join(lines) + "\n"
