"""Everything that is wrong with a document at once, each with its place and with what would be right.

Pydantic stops at the first level that fails: a misspelt name hides whether the cut-offs are in order. So a
document is judged again without its unknown names (a name that was meant is put right), and the rules that
compare several fields once more with stand-ins for the fields that are wrong.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from graders.registry import GRADERS
from graders.spec import AssignmentSpec
from graders.spec_places import Fault, Path, path_text, shown
from graders.spec_schema import allowed_by, schema_at
from graders.spec_sentences import in_spec, told_by_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graders.sentence import Sentence
    from graders.spec_text import Parsed

# Who has more mistakes than this has sent another kind of file.
MAX_FAULTS: Final = 50
_LONGEST_NAME: Final = 64
# Pass every rule that compares fields: a fault is told once, at the field that has it.
_STAND_INS: Final[dict[str, Any]] = {
    "slug": "x",
    "title": "x",
    "dataset": "x",
    "split": {"train": 1, "validation": 1, "test": 1, "board": 1},
    "criteria": [{"id": "x", "grader": "x", "points": 0}],
}
_TOO_FEW_OR_MANY: Final = ("too_short", "too_long")
_LENGTHS: Final = (*_TOO_FEW_OR_MANY, "string_too_short", "string_too_long")


@dataclass(frozen=True, kw_only=True)
class _Found:
    path: Path
    said: Sentence
    allowed: Sentence | str | None = None


def find_faults(parsed: Parsed) -> list[Fault]:
    """In the order of the document's lines, at most `MAX_FAULTS`; empty: it is a specification."""
    if not isinstance(parsed.value, dict):
        names = ", ".join(AssignmentSpec.model_fields)
        said = in_spec("no_mapping", value=shown(parsed.value))
        return [Fault(path="", said=said, allowed=names, line=1)]
    renamed: dict[Path, Path] = {}
    found, repaired = _judge(AssignmentSpec, parsed.value, (), renamed)
    if found:
        found += _rules_between_fields(repaired)
    for index, criterion in enumerate(_items(repaired.get("criteria"))):
        found += _judge_parameters(criterion, ("criteria", index), renamed)
    faults = [
        Fault(
            path=path_text(path := _as_written(one.path, renamed)),
            said=one.said,
            allowed=one.allowed,
            line=parsed.line_of(path),
        )
        for one in found
    ]
    ordered = sorted(faults, key=lambda fault: fault.line or 0)
    if len(ordered) <= MAX_FAULTS:
        return ordered
    said = in_spec("more", count=len(ordered) - MAX_FAULTS)
    return [*ordered[:MAX_FAULTS], Fault(path="", said=said, line=ordered[MAX_FAULTS].line)]


def nearest(name: str, names: Iterable[str]) -> str | None:
    """What was probably meant; None: nothing is like it.

    >>> nearest("full_from", ["part", "full_at", "zero_at"])
    'full_at'
    """
    plain = name[:_LONGEST_NAME].lower().replace("-", "_").replace(" ", "_")
    return next(iter(difflib.get_close_matches(plain, list(names), n=1)), None)


def _judge(
    model: type[BaseModel], value: dict[str, Any], path: Path, renamed: dict[Path, Path]
) -> tuple[list[_Found], dict[str, Any]]:
    """What is wrong, and the value without its unknown names. `renamed` learns: put right -> as written."""
    errors = _errors(model, value)
    unknown = [error for error in errors if error["type"] == "extra_forbidden"]
    if not unknown:
        return _told(model, errors, path), value
    schema = model.model_json_schema()
    found: list[_Found] = []
    repaired = json.loads(json.dumps(value))
    for error in unknown:
        *above, name = error["loc"]
        allowed = list(schema_at(schema, tuple(above)).get("properties", ()))
        meant = nearest(name, allowed) if len(found) < MAX_FAULTS else None
        said = in_spec("unknown") if meant is None else in_spec("unknown_meant", meant=meant)
        here = (*path, *error["loc"])
        found.append(_Found(path=here, said=said, allowed=", ".join(allowed)))
        around = _inside(repaired, above)
        held = around.pop(name)
        if meant is not None and meant not in around:
            around[meant] = held
            renamed[(*here[:-1], meant)] = here
    return [*found, *_told(model, _errors(model, repaired), path)], repaired


def _judge_parameters(criterion: Any, path: Path, renamed: dict[Path, Path]) -> list[_Found]:
    name = criterion.get("grader") if isinstance(criterion, dict) else None
    if not isinstance(name, str):
        return []
    grader = GRADERS.get(name)
    if grader is None:
        value, meant = shown(name), nearest(name, GRADERS)
        said = in_spec("unknown_grader", value=value)
        if meant is not None:
            said = in_spec("unknown_grader_meant", value=value, meant=meant)
        return [_Found(path=(*path, "grader"), said=said, allowed=", ".join(GRADERS))]
    parameters = criterion.get("parameters", {})
    if not isinstance(parameters, dict):
        return []
    return _judge(grader.parameters, parameters, (*path, "parameters"), renamed)[0]


def _rules_between_fields(document: dict[str, Any]) -> list[_Found]:
    """What the validators of the whole say when each faulty field has its stand-in."""
    errors = _errors(AssignmentSpec, document)
    faulty = {error["loc"][0] for error in errors if error["loc"]}
    if not faulty:
        return []  # they have spoken already
    in_criteria = [error["loc"] for error in errors if error["loc"][:1] == ("criteria",)]
    bad_ids = {loc[1] for loc in in_criteria if loc[2:3] == ("id",)}
    kept = {name: value for name, value in document.items() if name not in faulty}
    whole = {**_STAND_INS, **kept}
    if "criteria" in faulty:
        ids = [
            item["id"]
            for index, item in enumerate(_items(document.get("criteria")))
            if isinstance(item, dict) and index not in bad_ids
        ]
        whole["criteria"] = [{"id": one, "grader": "x", "points": 0} for one in ids] or _STAND_INS["criteria"]
    between = [error for error in _errors(AssignmentSpec, whole) if not error["loc"]]
    return _told(AssignmentSpec, between, ())


def _errors(model: type[BaseModel], value: dict[str, Any]) -> list[Any]:
    # Strict, and as JSON, where a list is a tuple: "0.9" is text and true is no number.
    try:
        model.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as invalid:
        return list(invalid.errors())
    return []


def _told(model: type[BaseModel], errors: list[Any], path: Path) -> list[_Found]:
    if not errors:
        return []
    found, schema = [], model.model_json_schema()
    for error in errors:
        here = error["loc"]
        if (rule := told_by_rule(error)) is not None:
            at, said = rule
            found.append(_Found(path=(*path, *here, at) if at else (*path, *here), said=said))
            continue
        given = error["input"]
        if error["type"] in _TOO_FEW_OR_MANY and len(given) >= error["ctx"].get("min_length", 0) > 0:
            # Pydantic counts the items that are right; those that are wrong have faults of their own.
            continue
        allowed = schema_at(schema, here)
        found.append(_Found(path=(*path, *here), said=_said(error, allowed), allowed=allowed_by(allowed)))
    return found


def _said(error: Any, allowed: Mapping[str, Any]) -> Sentence:
    given = error["input"]
    if error["type"] == "missing":
        return in_spec("missing")
    if error["type"] in _TOO_FEW_OR_MANY:
        few = error["type"] == "too_short"
        return in_spec("few_items" if few else "many_items", count=len(given))
    if error["type"] in _LENGTHS:
        few = error["type"] == "string_too_short"
        return in_spec("few_characters" if few else "many_characters", count=len(given))
    meant = nearest(given, allowed["enum"]) if isinstance(given, str) and "enum" in allowed else None
    if meant is None:
        return in_spec("not_allowed", value=shown(given))
    return in_spec("not_allowed_meant", value=shown(given), meant=meant)


def _as_written(path: Path, renamed: dict[Path, Path]) -> Path:
    for length in range(len(path), 0, -1):
        if path[:length] in renamed:
            path = (*renamed[path[:length]], *path[length:])
    return path


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _inside(value: Any, path: list[Any]) -> Any:
    for part in path:
        value = value[part]
    return value
