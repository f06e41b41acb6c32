"""What can be wrong with a specification, what would be right, and what is doubted: by code, in English."""

from __future__ import annotations

from typing import Any, Final

from pydantic_core import PydanticCustomError

from graders.sentence import Sentence

ENGLISH: Final[dict[str, str]] = {
    # Of the text.
    "too_large": "the document is too large",
    "too_deep": "nested more than {depth} deep",
    "not_yaml": "not YAML: {said}",
    "needs_escape": "not YAML: the character {character} must be written as an escape",
    "not_json": "not JSON: {said}",
    "not_json_number": "not JSON: {name} is not a number",
    "second_document": "a second document begins",
    "alias": "the alias *{name}",
    "anchor": "the anchor &{name}",
    "tag": "the tag {tag}",
    "no_name": "{value} as a name",
    "given_twice": "given twice",
    "unstorable": "holds NUL or half a character (a lone surrogate)",
    "not_finite": "is not a finite number",
    "too_many_digits": "has too many digits",
    # Of its values.
    "no_mapping": "{value} is no mapping",
    "missing": "missing",
    "unknown": "unknown",
    "unknown_meant": "unknown, did you mean {meant}?",
    "unknown_grader": "unknown grader {value}",
    "unknown_grader_meant": "unknown grader {value}, did you mean {meant}?",
    "not_allowed": "{value} is not allowed",
    "not_allowed_meant": "{value} is not allowed, did you mean {meant}?",
    "few_characters": "{count} {count:character is|characters are} too few",
    "many_characters": "{count} {count:character is|characters are} too many",
    "few_items": "{count} {count:item is|items are} too few",
    "many_items": "{count} {count:item is|items are} too many",
    "more": "and {count} more",
    "another_slug": "{value} is another assignment's",
    # Of several values together.
    "ids_repeated": "ids must be unique, repeated: {ids}",
    "few_board_rows": "needs at least {least} rows that nobody sees scored, split.board is {rows}",
    "zero_above_full": "zero_at ({zero}) must not exceed full_at ({full})",
    "zero_below_full": "zero_at_least ({zero}) must not be below full_at_most ({full})",
    "no_hidden_layer": "a single layer has no hidden units",
    "no_limit": "give max_seconds, max_parameters or both",
    # What would be right.
    "one_document": "one document",
    "written_out": "the value itself, written out",
    "without_it": "the value without it",
    "either": "{first} or {second}",
    "one_of": "one of {names}",
    "or_null": "{allowed}, or null",
    "boolean": "true or false",
    "number": "a number",
    "whole_number": "a whole number",
    "from_to": "{kind} from {low} to {high}",
    "bounded": "{kind} {bound}",
    "bounded_twice": "{kind} {low} and {high}",
    "at_least": "of at least {figure}",
    "above": "above {figure}",
    "at_most": "at most {figure}",
    "below": "below {figure}",
    "text": "text",
    "text_of": "text of {size}",
    "text_like": "{text} like {pattern}",
    "list": "a list",
    "list_of": "a list of {size}",
    "list_each": "{list}, each {each}",
    "mapping": "a mapping",
    "mapping_with": "a mapping with {names}",
    "another_value": "another value",
    "characters_from_to": "{low} to {high} characters",
    "characters_at_least": "at least {low}",
    "characters_at_most": "at most {high} characters",
    "items_from_to": "{low} to {high} items",
    "items_at_least": "at least {low}",
    "items_at_most": "at most {high} items",
    # What is allowed, but can hardly be meant.
    "no_points": "no criterion gives points",
    "points_never_reached": "never reached: the criteria give {points:points} {points:point|points}",
    "late_for_nothing": "takes nothing off, however late",
    "never_graded": "never graded: a spread needs at least two repeats",
    "other_frameworks": "not among the assignment's frameworks: {names}",
    "never_exceeded": "never exceeded: limits.wall_time_s stops it at {limit} s",
    "timed_differently": "device is any: some are timed on a GPU and some are not",
    "no_partial_credit": "no partial credit: the cut-offs differ by less than one of {rows} rows",
    "opposite_expected": "another criterion expects the opposite: no model has both",
}


def in_spec(code: str, /, **parameters: Any) -> Sentence:
    """Of specifications.

    >>> print(in_spec("from_to", kind=in_spec("whole_number"), low="1", high="20"))
    a whole number from 1 to 20
    """
    return Sentence(code=f"spec.{code}", english=ENGLISH[code], parameters=parameters)


def broken_rule(code: str, /, *, at: str = "", **parameters: Any) -> PydanticCustomError:
    """To be raised by what compares several fields. `at`: the one that is to be put right, if it is one.

    A ValueError would have nothing but its words, in one language.
    """
    said = in_spec(code, **parameters)
    return PydanticCustomError(said.code, f"{at}: {said}" if at else str(said), {"at": at, **parameters})


def told_by_rule(error: Any) -> tuple[str, Sentence] | None:
    """`at` and what was told of a pydantic error that is a `broken_rule`; None: it is one of pydantic's."""
    area, _, code = error["type"].partition(".")
    if area != "spec":
        return None
    parameters = dict(error["ctx"])
    return parameters.pop("at"), in_spec(code, **parameters)
