"""An assignment's specification as a document that people write: YAML or JSON, in and out.

    criteria:
      - id: accuracy
        grader: accuracy
        points: 40
        parameters:
          full_at: 0.88
          zero_at: 0.6

What is read is what `graders.spec` and each grader's own parameters allow, strictly: text is no number. Every
fault is told at once, with its line. `docs/assignments.md` says what the fields mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

import yaml

from graders.spec import AssignmentSpec
from graders.spec_faults import find_faults
from graders.spec_places import Fault, SpecError
from graders.spec_schema import spec_schema
from graders.spec_text import BOOLEAN, INTEGER, NULL, NUMBER, Form, Parsed, parse

__all__ = [
    "Fault",
    "Form",
    "SpecDocument",
    "SpecError",
    "read_document",
    "read_spec",
    "spec_schema",
    "write_spec",
]

_LINE_WIDTH: Final = 100
# Longer ones are shorter, and no less exact, with an exponent.
_WHOLE_BELOW: Final = 1e15


@dataclass(frozen=True, kw_only=True)
class SpecDocument:
    """A specification, and where in its document everything stands."""

    spec: AssignmentSpec
    parsed: Parsed

    def line_of(self, *path: str | int) -> int:
        """From 1; of the nearest thing around `path` where the document leaves it to its default."""
        return self.parsed.line_of(path)

    def placed(self, fault: Fault) -> Fault:
        """With its line: a fault of a whole field, found by those who know the data."""
        return replace(fault, line=self.line_of(fault.path))


def read_spec(text: str, *, form: Form) -> AssignmentSpec:
    """Raises SpecError with every fault of the document.

    >>> read_spec("{slug: iris, title: Iris}", form="yaml")
    Traceback (most recent call last):
        ...
    graders.spec_places.SpecError: line 1: dataset: missing (allowed: text of 1 to 100 characters)
    line 1: split: missing (allowed: a mapping with train, validation, test, board)
    line 1: criteria: missing (allowed: a list of 1 to 50 items)
    """
    return read_document(text, form=form).spec


def read_document(text: str, *, form: Form) -> SpecDocument:
    """`read_spec`, with the lines for those who find further faults. Raises SpecError."""
    parsed = parse(text, form=form)
    faults = find_faults(parsed)
    if faults:
        raise SpecError(faults)
    return SpecDocument(spec=AssignmentSpec.model_validate(parsed.value), parsed=parsed)


def write_spec(spec: AssignmentSpec, *, form: Form) -> str:
    """A document that `read_spec` reads back equal, in the order of the fields and without defaults.

    A criterion's parameters stay as they were given: a default that its author wrote down is theirs.
    """
    document = _plain(spec.model_dump(mode="json", exclude_defaults=True))
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_LINE_WIDTH)


def _plain(value: Any) -> Any:
    """40.0 as people write it: 40. Read back it is a float where the field is one, and equal elsewhere."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE_BELOW:
        return int(value)
    return value


class _Dumper(yaml.SafeDumper):
    """Quotes exactly what `graders.spec_text` would take for something other than text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way; never changed but below

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's name
        super().increase_indent(flow, indentless=False)

    def represent_text(self, text: str) -> yaml.ScalarNode:
        # YAML takes some characters for line ends, and reads back another one: those are written as escapes.
        odd = any(c not in "\n\t" and not c.isprintable() for c in text)
        style = '"' if odd else "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def represent_items(self, items: list[Any]) -> yaml.SequenceNode:
        in_one_line = not any(isinstance(item, dict | list) for item in items)
        return self.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=in_one_line)

    def represent_mapping_below(self, mapping: dict[str, Any]) -> yaml.MappingNode:
        return self.represent_mapping("tag:yaml.org,2002:map", mapping, flow_style=not mapping)


_Dumper.add_representer(str, _Dumper.represent_text)
_Dumper.add_representer(list, _Dumper.represent_items)
_Dumper.add_representer(dict, _Dumper.represent_mapping_below)
for _tag, _pattern in (("null", NULL), ("bool", BOOLEAN), ("int", INTEGER), ("float", NUMBER)):
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, None)
