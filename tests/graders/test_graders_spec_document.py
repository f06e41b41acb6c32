from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from graders.labs import LABS
from graders.registry import GRADERS, validate_parameters
from graders.spec import (
    AssignmentSpec,
    CriterionSpec,
    IntegritySpec,
    LatePolicy,
    LeaderboardSpec,
    Limits,
    SplitSizes,
)
from graders.spec_document import SpecError, read_document, read_spec, spec_schema, write_spec
from graders.spec_faults import MAX_FAULTS
from graders.spec_text import MAX_BYTES, MAX_DEPTH
from graders.spec_warnings import spec_warnings

FRAMEWORKS = ("pytorch", "lightning", "tensorflow", "keras")
GOOD = """\
slug: iris-lab
title: Iris
dataset: iris
split: {train: 90, validation: 30, test: 30}
criteria:
  - id: accuracy
    grader: accuracy
    points: 10
    parameters:
      full_at: 0.9
      zero_at: 0.6
"""


def faults(text, form="yaml"):
    with pytest.raises(SpecError) as raised:
        read_spec(text, form=form)
    return raised.value.faults


def told(text, form="yaml"):
    return [(fault.line, fault.path, fault.message) for fault in faults(text, form)]


def share(**bounds):
    return st.floats(allow_nan=False, allow_infinity=False, **({"min_value": 0, "max_value": 1} | bounds))


def ordered(low, high):
    return st.tuples(share(), share()).map(lambda pair: {low: min(pair), high: max(pair)})


def also(required, **optional):
    return st.builds(lambda a, b: a | b, required, st.fixed_dictionaries({}, optional=optional))


PARAMETERS = {
    "accuracy": also(ordered("zero_at", "full_at"), part=st.sampled_from(["validation", "test"])),
    "architecture": st.fixed_dictionaries({"expected": st.sampled_from(["single_layer", "multi_layer"])})
    | st.fixed_dictionaries({"expected": st.just("multi_layer"), "min_hidden_units": st.integers(1, 500)}),
    "framework": st.fixed_dictionaries({"allowed": st.lists(st.sampled_from(FRAMEWORKS), min_size=1)}),
    "generalization_gap": also(
        ordered("full_at_most", "zero_at_least"),
        measure=st.sampled_from(["error", "loss"]),
        training_error_target=share(max_value=None),
        learnt_error_at_most=st.none() | share(),
    ),
    "learning_curve": st.fixed_dictionaries(
        {}, optional={"min_epochs": st.integers(1, 2000), "max_regret": st.none() | share()}
    ),
    "resources": also(
        st.fixed_dictionaries({"max_seconds": share(max_value=None, exclude_min=True)}),
        max_parameters=st.none() | st.integers(1),
    ),
    "stability": also(
        st.fixed_dictionaries({"max_sd": share(max_value=0.5, exclude_min=True)}),
        part=st.sampled_from(["train", "validation", "test"]),
    ),
}
# What can be stored: no NUL, no half characters.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=200)
TRICKY = st.sampled_from(
    [
        "yes",
        "null",
        "~",
        "1e5",
        "0x10",
        "1_000",
        "- a",
        "a: b",
        "# no",
        "&a",
        "*a",
        "!t",
        "%d",
        "'",
        '"',
        " x ",
        "a\nb",
        "\n",
        "a\n\n b\t\n",
    ]
)
CRITERIA = st.sampled_from(sorted(PARAMETERS)).flatmap(
    lambda name: st.builds(
        CriterionSpec,
        id=st.just("x"),
        grader=st.just(name),
        points=share(max_value=10_000),
        parameters=PARAMETERS[name],
        visibility=st.sampled_from(["always", "after_due", "staff"]),
    )
)


@st.composite
def specs(draw):
    split = draw(
        st.builds(
            SplitSizes,
            train=st.integers(1, 10_000_000),
            validation=st.integers(1, 10_000_000),
            test=st.integers(1, 10_000_000),
            board=st.integers(10, 10_000_000),
        )
    )
    criteria = draw(st.lists(CRITERIA, min_size=1, max_size=5))
    return AssignmentSpec(
        slug=draw(st.from_regex(r"\A[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,3}\Z")),
        title=draw((TEXT | TRICKY).filter(bool)),
        description=draw(TEXT | TRICKY),
        dataset=draw(st.sampled_from(["iris", "mnist", "null", "0", "my-own"])),
        split=split,
        repeats=draw(st.integers(1, 20)),
        frameworks=draw(st.lists(st.sampled_from(FRAMEWORKS), min_size=1).map(tuple)),
        limits=draw(
            st.builds(Limits, wall_time_s=share(max_value=3600, exclude_min=True), threads=st.integers(1, 64))
        ),
        curve_rows_per_part=draw(st.integers(10, 20_000)),
        integrity=draw(
            st.builds(
                IntegritySpec,
                control_run=st.booleans(),
                disagreement_p_value=share(max_value=0.05, exclude_min=True),
            )
        ),
        criteria=tuple(c.model_copy(update={"id": f"c{i}"}) for i, c in enumerate(criteria)),
        points_at_most=draw(st.none() | share(max_value=None, exclude_min=True)),
        late=draw(
            st.none()
            | st.builds(
                LatePolicy,
                percent_per_day=share(max_value=100),
                cut_off_days=st.none() | share(max_value=None),
            )
        ),
        counting=draw(st.sampled_from(["best", "last", "chosen"])),
        leaderboard=draw(
            st.none() | st.builds(LeaderboardSpec, step=st.none() | share(exclude_min=True, exclude_max=True))
        ),
    )


def test_the_strategies_know_every_grader():
    assert set(PARAMETERS) == set(GRADERS)


@settings(deadline=None)
@given(spec=specs(), form=st.sampled_from(["yaml", "json"]))
def test_what_is_written_reads_back_equal_and_fits_the_schema(spec, form):
    validate_parameters(spec)
    text = write_spec(spec, form=form)
    back = read_spec(text, form=form)
    assert back == spec
    assert write_spec(back, form=form) == text
    Draft202012Validator(spec_schema()).validate(json.loads(write_spec(spec, form="json")))


@pytest.mark.parametrize("slug", sorted(LABS))
def test_every_built_in_lab_reads_back_and_fits_the_schema(slug):
    spec = LABS[slug]
    for form in ("yaml", "json"):
        assert read_spec(write_spec(spec, form=form), form=form) == spec
    validator = Draft202012Validator(spec_schema())
    validator.validate(json.loads(write_spec(spec, form="json")))
    validator.validate(spec.model_dump(mode="json"))


def test_the_schema_is_one_and_knows_each_graders_parameters():
    schema = spec_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    good = json.loads(write_spec(LABS["iris-single-layer"], form="json"))
    for change in (
        {"grader": "acuracy"},
        {"parameters": {"full_at": 0.9}},
        {"parameters": {"full_at": 0.9, "zero_at": 0.5, "expected": "multi_layer"}},
        {"parameters": {"full_at": 2, "zero_at": 0.5}},
        {"points": "40"},
    ):
        bad = good | {"criteria": [good["criteria"][0] | change]}
        with pytest.raises(ValidationError):
            validator.validate(bad)


def test_defaults_are_left_out_and_fields_keep_their_order():
    spec = read_spec(GOOD, form="yaml")
    assert write_spec(spec, form="yaml") == GOOD.replace(
        "split: {train: 90, validation: 30, test: 30}", "split:\n  train: 90\n  validation: 30\n  test: 30"
    )
    assert list(json.loads(write_spec(spec, form="json"))) == [
        "slug",
        "title",
        "dataset",
        "split",
        "criteria",
    ]


BAD = """\
slug: Iris Lab
titel: "Iris"
dataset: iris
split:
  train: 90
  validaton: 30
  test: "30"
repeats: yes
leaderboard: {step: 2}
criteria:
  - id: a
    grader: acuracy
    points: 10
  - id: a
    grader: accuracy
    points: true
    parameters:
      full_from: 0.5
      zero_at: 0.9
  - id: b
    grader: accuracy
    points: 5
    parameter: {full_at: 2, part: tset}
frameworks: [torch]
"""


def test_every_fault_is_told_at_once_with_its_line():
    assert told(BAD) == [
        (1, "slug", '"Iris Lab" is not allowed'),
        (2, "titel", "unknown, did you mean title?"),
        (6, "split.validaton", "unknown, did you mean validation?"),
        (7, "split.test", '"30" is not allowed'),
        (8, "repeats", '"yes" is not allowed'),
        (9, "leaderboard.step", "2 is not allowed"),
        (10, "criteria", "ids must be unique, repeated: a"),
        (12, "criteria[0].grader", 'unknown grader "acuracy", did you mean accuracy?'),
        (16, "criteria[1].points", "true is not allowed"),
        (18, "criteria[1].parameters.full_from", "unknown, did you mean full_at?"),
        (19, "criteria[1].parameters.zero_at", "zero_at (0.9) must not exceed full_at (0.5)"),
        (23, "criteria[2].parameter", "unknown, did you mean parameters?"),
        (23, "criteria[2].parameter.part", '"tset" is not allowed, did you mean test?'),
        (23, "criteria[2].parameter.full_at", "2 is not allowed"),
        (23, "criteria[2].parameter.zero_at", "missing"),
        (24, "frameworks[0]", '"torch" is not allowed, did you mean pytorch?'),
    ]
    allowed = {fault.path: str(fault.allowed) for fault in faults(BAD)}
    assert allowed["criteria[2].parameter.full_at"] == "a number from 0 to 1"
    assert allowed["criteria[1].parameters.full_from"] == "part, full_at, zero_at"
    assert allowed["repeats"] == "a whole number from 1 to 20"
    assert allowed["criteria[0].grader"] == ", ".join(GRADERS)


def test_a_leaderboard_without_rows_is_told_beside_a_misspelt_name():
    text = GOOD + "leaderboard: {}\nrepaets: 5\n"
    assert told(text) == [
        (12, "leaderboard", "needs at least 10 rows that nobody sees scored, split.board is 0"),
        (13, "repaets", "unknown, did you mean repeats?"),
    ]


def test_json_has_lines_too():
    text = '{\n "slug": "x",\n "title": "T",\n "dataset": "iris",\n "split": {"train": 90, "validation": 30,\n  "test": 0},\n "criteria": [\n  {"id": "a",\n   "grader": "accuracy", "points": 1,\n   "parameters": {"full_at": 0.5,\n    "zero_at": 0.9}}]\n}'
    assert told(text, "json") == [
        (6, "split.test", "0 is not allowed"),
        (11, "criteria[0].parameters.zero_at", "zero_at (0.9) must not exceed full_at (0.5)"),
    ]


@pytest.mark.parametrize(
    ("form", "text", "line", "said"),
    [
        ("yaml", "slug: &a x\ntitle: *a\n", 1, "anchor &a"),
        ("yaml", "slug: &a x\ntitle: *a\n", 2, "alias *a"),
        ("yaml", "a: 1\nslug: !!str x\n", 2, "tag tag:yaml.org,2002:str"),
        ("yaml", "slug: !!python/object/apply:os.system ['id']\n", 1, "tag"),
        ("yaml", "slug: ! x\n", 1, "tag !"),
        ("yaml", "slug: x\ntitle: y\nslug: z\n", 3, "given twice"),
        ("yaml", "split: {train: 1,\n train: 2}\n", 2, "split.train: given twice"),
        ("yaml", "slug: x\n---\nslug: y\n", 2, "second document"),
        ("yaml", "slug: x\n  title: y\n", 2, "not YAML"),
        ("yaml", "a: 1\nb: \x07\n", 2, "escape"),
        ("yaml", 'title: "\\0"\n', 1, "NUL"),
        ("yaml", "1: x\n", 1, "as a name"),
        ("yaml", "? [a]\n: x\n", 1, "as a name"),
        ("yaml", "points_at_most: 1e999\n", 1, "not a finite number"),
        ("yaml", f"points_at_most: {'1' * 5000}\n", 1, "too many digits"),
        ("yaml", "", 1, "null is no mapping"),
        ("yaml", "- a\n", 1, "no mapping"),
        ("yaml", "a: " + "[" * 20 + "]" * 20, 1, f"more than {MAX_DEPTH} deep"),
        ("yaml", "# " + "x" * MAX_BYTES, 1, "too large"),
        ("json", "{\n", 2, "not JSON"),
        ("json", '{"slug": "x",\n "slug": "y"}', 2, "slug: given twice"),
        ("json", '{"points_at_most": NaN}', 1, "not a number"),
        ("json", '{"points_at_most": 1e999}', 1, "not a finite number"),
        ("json", f'{{"points_at_most": {"1" * 5000}}}', 1, "too many digits"),
        ("json", '{"title":\n "\\ud800"}', 2, "half a character"),
        ("json", "[" * 30_000 + "]" * 30_000, 1, f"more than {MAX_DEPTH} deep"),
        ("json", "[" * 20 + "]" * 20, 1, f"more than {MAX_DEPTH} deep"),
    ],
)  # fmt: skip
def test_what_no_document_may_hold(form, text, line, said):
    assert any(fault.line == line and said in str(fault) for fault in faults(text, form)), faults(text, form)


@pytest.mark.parametrize("title", ["no", "null", "12", "1e5", "true"])
def test_scalars_that_are_no_text_are_not_taken_for_it(title):
    found = faults(GOOD.replace("title: Iris", f"title: {title}")) if title != "no" else ()
    assert [fault.path for fault in found] == ([] if title == "no" else ["title"])
    assert read_spec(GOOD.replace("title: Iris", f"title: '{title}'"), form="yaml").title == title


def test_numbers_as_people_write_them():
    text = (
        GOOD.replace("train: 90", "train: 50_000")
        + "integrity: {disagreement_p_value: 1e-4, control_run: true}\n"
    )
    spec = read_spec(text, form="yaml")
    assert (spec.split.train, spec.integrity.disagreement_p_value, spec.integrity.control_run) == (
        50_000,
        1e-4,
        True,
    )


def test_lines_for_faults_that_others_find():
    document = read_document(GOOD, form="yaml")
    assert (document.line_of("split"), document.line_of("split", "board"), document.line_of("late")) == (
        4,
        4,
        1,
    )
    assert document.line_of("criteria", 0, "parameters", "zero_at") == 11


def test_many_faults_are_cut():
    found = faults(GOOD + "".join(f"unknown_{i}: 1\n" for i in range(3000)))
    assert (len(found), found[-1].message) == (MAX_FAULTS + 1, "and 2,950 more")


@settings(deadline=None, max_examples=200)
@given(
    text=st.text(max_size=300) | st.text("{}[]:,-?&*!|>'\"%@#ab1 \n\t", max_size=200),
    form=st.sampled_from(["yaml", "json"]),
)
def test_any_other_text_is_told_apart(text, form):
    with pytest.raises(SpecError) as raised:
        read_spec(text, form=form)
    assert raised.value.faults
    assert all(fault.line >= 1 and fault.message for fault in raised.value.faults)


@settings(deadline=None, max_examples=200)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [*AssignmentSpec.model_fields, "train", "id", "grader", "points", "parameters"]
                )
                | st.text(max_size=5),
                inner,
                max_size=6,
            )
        ),
        max_leaves=20,
    )
)
def test_any_other_value_is_told_apart(value):
    text = json.dumps(value)
    with pytest.raises(SpecError) as raised:
        read_spec(text, form="json")
    assert raised.value.faults


@pytest.mark.parametrize(
    "unit", ["[", "{a: ", "- ", "? ", "a: b\n", "- a\n", "[a, ", "'", "|\n ", "a:\n ", "[],", "x "]
)
def test_the_largest_text_takes_no_long_time(unit):
    text = unit * (MAX_BYTES // len(unit))
    started = time.process_time()
    faults(text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(("device", "warned"), [("cpu", 0), ("gpu", 0), ("any", 1)])
def test_a_limit_of_seconds_on_whatever_device_is_doubted(device, warned):
    fast = "  - {id: fast, grader: resources, points: 0, parameters: {max_seconds: 20}}\n"
    spec = read_spec(f"{GOOD}{fast}device: {device}\n", form="yaml")
    assert [path for path, text in spec_warnings(spec) if "GPU" in str(text)] == [
        ("criteria", 1, "parameters", "max_seconds")
    ][:warned]


def test_warnings_name_what_can_hardly_be_meant():
    text = (
        GOOD.replace("full_at: 0.9", "full_at: 0.61")
        + """\
  - {id: spread, grader: stability, points: 0, parameters: {max_sd: 0.1}}
  - {id: fast, grader: resources, points: 0, parameters: {max_seconds: 60}}
  - {id: one, grader: architecture, points: 0, parameters: {expected: single_layer}}
  - {id: two, grader: architecture, points: 0, parameters: {expected: multi_layer}}
  - {id: by, grader: framework, points: 0, parameters: {allowed: [keras]}}
frameworks: [pytorch]
points_at_most: 50
late: {percent_per_day: 0}
"""
    )
    paths = [".".join(map(str, path)) for path, _ in spec_warnings(read_spec(text, form="yaml"))]
    assert paths == [
        "points_at_most",
        "late",
        "criteria.0.parameters",
        "criteria.1",
        "criteria.2.parameters.max_seconds",
        "criteria.3.parameters.expected",
        "criteria.4.parameters.expected",
        "criteria.5.parameters.allowed",
    ]
    assert [path for spec in LABS.values() for path in spec_warnings(spec)] == []
