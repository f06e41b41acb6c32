"""docs/assignments.md says what the models say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from graders.registry import GRADERS
from graders.spec import (
    AssignmentSpec,
    CriterionSpec,
    IntegritySpec,
    LatePolicy,
    LeaderboardSpec,
    Limits,
    Quota,
    SplitSizes,
    run_digest,
)
from graders.spec_document import read_document, read_spec
from graders.spec_schema import parameter_table
from graders.spec_warnings import spec_warnings
from store.dataset_files import BUILT_IN_FACTS, check_split

DOCS = (Path(__file__).parents[2] / "docs" / "assignments.md").read_text()
(EXAMPLE,) = re.findall(r"^```yaml\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
# Another value of each field than the example's.
OTHERS = {
    "slug": "other",
    "title": "Other",
    "description": "Other",
    "dataset": "mnist",
    "split": SplitSizes(train=80, validation=30, test=30),
    "repeats": 4,
    "frameworks": ("keras",),
    "device": "gpu",
    "limits": Limits(wall_time_s=61),
    "curve_rows_per_part": 1000,
    "evaluated_train_rows": 1000,
    "integrity": IntegritySpec(),
    "criteria": (
        CriterionSpec(id="x", grader="architecture", points=1, parameters={"expected": "single_layer"}),
    ),
    "points_at_most": 50.0,
    "late": None,
    "counting": "last",
    "leaderboard": None,
    "quota": None,
    "supersede": False,
}


def names_in(value):
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


def test_the_example_can_be_published_and_nothing_in_it_is_doubted():
    spec = read_spec(EXAMPLE, form="yaml")
    assert check_split(spec, BUILT_IN_FACTS[spec.dataset]) == []
    assert spec_warnings(spec) == []
    assert sum(c.points for c in spec.criteria) - spec.max_points == 15


def test_the_example_names_every_field_and_every_grader():
    models = [AssignmentSpec, SplitSizes, Limits, CriterionSpec, IntegritySpec, LatePolicy, LeaderboardSpec, Quota]
    fields = {
        name for model in (*models, *(g.parameters for g in GRADERS.values())) for name in model.model_fields
    }
    assert names_in(read_document(EXAMPLE, form="yaml").parsed.value) == fields
    assert {c.grader for c in read_spec(EXAMPLE, form="yaml").criteria} == set(GRADERS)


def given(model, said, path=()):
    """(path, the example's value) of each field without a comment of its own that says otherwise."""
    for name, field in model.model_fields.items():
        here, value = (*path, name), said.get(name)
        if (
            isinstance(value, dict)
            and isinstance(field.annotation, type)
            and issubclass(field.annotation, BaseModel)
        ):
            yield from given(field.annotation, value, here)
        elif not field.is_required():
            yield here, name, field.get_default(call_default_factory=True), value


def test_the_example_shows_the_defaults_where_its_comments_do_not():
    document = read_document(EXAMPLE, form="yaml")
    lines = EXAMPLE.splitlines()
    seen = 0
    for path, _, default, value in given(AssignmentSpec, document.parsed.value):
        line = lines[document.line_of(*path) - 1]
        if "default" in line:
            continue
        seen += 1
        assert value == (list(default) if isinstance(default, tuple) else default), line
    assert seen >= 11


def test_the_table_of_parameters_is_the_models_own():
    assert parameter_table() in DOCS, f"put this into docs/assignments.md:\n\n{parameter_table()}"


@pytest.mark.parametrize("field", [name for name in AssignmentSpec.model_fields if name != "slug"])
def test_what_needs_new_runs_is_what_the_digest_is_of(field):
    spec = read_spec(EXAMPLE, form="yaml")
    changed = spec.model_copy(update={field: OTHERS[field]})
    assert getattr(changed, field) != getattr(spec, field)
    ((needs,),) = [
        re.findall(r"\| ([^|]*) \|$", line)
        for line in DOCS.splitlines()
        if line.startswith("|") and f"`{field}`" in line.split("|")[1]
    ]
    assert (needs == "new runs") == (run_digest(changed) != run_digest(spec)), needs
