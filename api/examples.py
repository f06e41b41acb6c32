"""Examples for the contract, put together from one value for each field: so they have the form of the schema.

A field that means different things in different schemas has a value under `Schema.field`.
"""

from __future__ import annotations

from typing import Any, Final

from api.example_values import EXAMPLE_VALUES

Schema = dict[str, Any]
_PLAIN: Final[Schema] = {
    "string": "text", "integer": 1, "number": 0.5, "boolean": True, "object": {}, "array": [], "null": None,
}  # fmt: skip


def example_of(schema: Schema, schemas: dict[str, Schema]) -> Any:
    """Of the schema of a request or an answer. `schemas`: those that it may refer to, by name."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return _object(name, schemas[name], schemas)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("type") == "array" and "items" in schema:
        return [example_of(schema["items"], schemas)]
    return _PLAIN[schema.get("type", "object")]


def without_example(schemas: dict[str, Schema]) -> list[str]:
    """`Schema.field` of what only a value that fits everything was found for."""
    return [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, described in schema.get("properties", {}).items()
        if _given(name, field, described) is None and not _leads_on(described.get("items", described))
    ]


def _object(name: str, schema: Schema, schemas: dict[str, Schema]) -> Any:
    if "properties" not in schema:
        return example_of(schema, schemas)
    found = {}
    for field, described in schema["properties"].items():
        given = _given(name, field, described)
        found[field] = example_of(described, schemas) if given is None else given[0]
    return found


def _given(name: str, field: str, described: Schema) -> tuple[Any] | None:
    """In a tuple: the value may be None itself. The name alone does for what no other schema describes."""
    if f"{name}.{field}" in EXAMPLE_VALUES:
        return (EXAMPLE_VALUES[f"{name}.{field}"],)
    if field not in EXAMPLE_VALUES or _leads_on(described):
        return None
    value = EXAMPLE_VALUES[field]
    # Rows that are counted in one schema are listed in another.
    return None if "items" in described and not isinstance(value, list) else (value,)


def _leads_on(schema: Schema) -> bool:
    """To another schema, or to the only values that there are."""
    if "anyOf" in schema:
        return _leads_on(schema["anyOf"][0])
    return bool({"$ref", "const", "enum"} & schema.keys())
