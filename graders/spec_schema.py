"""What a specification may hold, as JSON Schema (draft 2020-12) and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import models_json_schema

from graders.registry import GRADERS
from graders.spec import AssignmentSpec
from graders.spec_sentences import in_spec

if TYPE_CHECKING:
    from graders.sentence import Sentence
    from graders.spec_places import Path

Schema = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


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
    return str(allowed_by(schema))


def allowed_by(schema: Schema) -> Sentence | str:
    """What is allowed; a text where it is a name, which no language changes."""
    allowed = _allowed(schema)
    return in_spec("or_null", allowed=allowed) if schema.get("nullable") else allowed


def _allowed(schema: Schema) -> Sentence | str:
    if "enum" in schema or "const" in schema:
        return _one_of([str(name) for name in schema.get("enum", [schema.get("const")])])
    kind = schema.get("type", "")
    if kind in ("integer", "number"):
        return _within(in_spec("whole_number" if kind == "integer" else "number"), schema)
    if kind == "string":
        return _text(schema)
    if kind == "array":
        return _list(schema)
    if kind == "object":
        names = ", ".join(schema.get("properties", ()))
        return in_spec("mapping_with", names=names) if names else in_spec("mapping")
    return in_spec("boolean" if kind == "boolean" else "another_value")


def _one_of(names: list[str]) -> Sentence | str:
    if len(names) == 1:
        return names[0]
    if len(names) == 2:
        return in_spec("either", first=names[0], second=names[1])
    return in_spec("one_of", names=", ".join(names))


def _text(schema: Schema) -> Sentence:
    low, high = schema.get("minLength"), schema.get("maxLength")
    text = in_spec("text")
    if low is not None and high is not None:
        text = in_spec("text_of", size=in_spec("characters_from_to", low=low, high=high))
    elif low is not None:
        text = in_spec("text_of", size=in_spec("characters_at_least", low=low))
    elif high is not None:
        text = in_spec("text_of", size=in_spec("characters_at_most", high=high))
    return in_spec("text_like", text=text, pattern=schema["pattern"]) if "pattern" in schema else text


def _list(schema: Schema) -> Sentence:
    low, high, items = schema.get("minItems"), schema.get("maxItems"), schema.get("items", {})
    found = in_spec("list")
    if low is not None and high is not None:
        found = in_spec("list_of", size=in_spec("items_from_to", low=low, high=high))
    elif low is not None:
        found = in_spec("list_of", size=in_spec("items_at_least", low=low))
    elif high is not None:
        found = in_spec("list_of", size=in_spec("items_at_most", high=high))
    return in_spec("list_each", list=found, each=allowed_by(items)) if "type" in items else found


def _within(kind: Sentence, schema: Schema) -> Sentence:
    """Figures are told as they are written in a document, in whatever language."""
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is not None and high is not None:
        return in_spec("from_to", kind=kind, low=figure(low), high=figure(high))
    lower = in_spec("at_least", figure=figure(low)) if low is not None else None
    lower = in_spec("above", figure=figure(above)) if above is not None else lower
    upper = in_spec("at_most", figure=figure(high)) if high is not None else None
    upper = in_spec("below", figure=figure(below)) if below is not None else upper
    if lower is not None and upper is not None:
        return in_spec("bounded_twice", kind=kind, low=lower, high=upper)
    bound = lower or upper
    return kind if bound is None else in_spec("bounded", kind=kind, bound=bound)


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
