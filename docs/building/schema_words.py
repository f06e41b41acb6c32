"""JSON Schema, as OpenAPI has it, in words for a table."""

from __future__ import annotations

import json
from typing import Any, Final

Schema = dict[str, Any]
_LONGEST_VALUE: Final = 60
_ANYTHING: Final = "anything"
_NUMBERS: Final = {
    "minimum": "at least {}", "exclusiveMinimum": "above {}", "maximum": "at most {}",
    "exclusiveMaximum": "below {}", "minLength": "at least {} characters",
    "maxLength": "at most {} characters", "minItems": "{} or more", "maxItems": "at most {}", "format": "{}",
}  # fmt: skip


def model_in(schema: Schema) -> str:
    """The name of the object that the schema is or lists, else nothing."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    return model_in(schema["items"]) if "items" in schema else ""


def anchor_of(name: str) -> str:
    """Where the object of that name is described; unique in the whole site."""
    return f"object-{name.lower().replace('_', '-')}"


def kind_of(schema: Schema) -> str:
    """Such as `integer`, `list of string`, `GradeOut or null`; objects are links."""
    if "$ref" in schema:
        name = model_in(schema)
        return f"[{name}](#{anchor_of(name)})"
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " or ".join(dict.fromkeys(kind_of(each) for each in several))
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    return _of_type(schema)


def _of_type(schema: Schema) -> str:
    if schema.get("type") == "array":
        inner = kind_of(schema.get("items", {}))
        return "list" if inner == _ANYTHING else f"list of {inner}"
    if isinstance(schema.get("additionalProperties"), dict):
        inner = kind_of(schema["additionalProperties"])
        return "object" if inner == _ANYTHING else f"object of {inner}"
    if schema.get("format") == "binary" or "contentMediaType" in schema:
        return "file"
    return str(schema.get("type", _ANYTHING))


def constraints(schema: Schema) -> str:
    """`, at least 1, at most 100`, or nothing."""
    whole = next((each for each in schema.get("anyOf", [])), schema)
    told = [words.format(whole[key]) for key, words in _NUMBERS.items() if key in whole]
    if "default" in schema and schema["default"] not in (None, [], {}, ""):
        told.append(f"default `{schema['default']}`")
    return "".join(f", {each}" for each in told)


def fields(schema: Schema, example: Schema | None = None) -> str:
    """A table of the object's fields, with values of an example of it, or nothing where it has none."""
    if not schema.get("properties"):
        return ""
    needed = set(schema.get("required", []))
    rows = ["| field | form | what |", "| --- | --- | --- |"]
    for name, described in schema["properties"].items():
        optional = "" if name in needed else " (optional)"
        form = f"{kind_of(described)}{constraints(described)}{optional}".replace("|", "\\|")
        told = " ".join(str(described.get("description", "")).replace("|", "\\|").split())
        told = f"{told.rstrip('.')}. {_shown(example, name)}".lstrip(". ")
        rows.append(f"| `{name}` | {form} | {told} |")
    return "\n".join(rows) + "\n"


def _shown(example: Schema | None, name: str) -> str:
    """A value that stands for itself; objects and lists have their own tables."""
    value = None if example is None else example.get(name)
    text = json.dumps(value, ensure_ascii=False)
    is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return f"Example: `{text}`." if is_plain and len(text) <= _LONGEST_VALUE and "`" not in text else ""
