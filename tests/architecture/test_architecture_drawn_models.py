"""No false verdict on real models of the four frameworks, and few that are left undecided.

With -s, a table of every framework and kind. LABMARK_DRAWN_MODELS=1 (`make test-architecture`) draws 1,800 models,
10 ten times as many.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hostile import REWRITES
from recipes import HALF, IMAGES_ONLY, MULTI_LAYER, SATURATED, SINGLE_LAYER, TRAINED_WELL

from graders.variation import SCORES_VARY_FROM

FRAMEWORKS = ("pytorch", "lightning", "tensorflow", "keras")
KINDS = (*SINGLE_LAYER, *MULTI_LAYER, *IMAGES_ONLY)
# Of each kind at most this share may be undecided. Deep ReLU networks on raw inputs, with random weights, often
# saturate their probabilities; those that are drawn saturated often hide everything.
UNDECIDED_AT_MOST = dict.fromkeys(KINDS, 0.15) | dict.fromkeys(SATURATED, 0.6) | dict.fromkeys(HALF, 0.4)
UNDECIDED_AT_MOST |= dict.fromkeys(TRAINED_WELL, 0.1)
# What leaves a single layer visible, and what of necessity hides it.
VISIBLE_LINEAR = {
    "logits, rows + random", "logits / 1000", "logits x 1000", "logits, 3 decimals", "logits, ReLU",
    "softmax, rows x random", "softmax of z / 10", "softmax of z / 1000", "sigmoid of z / 1000",
}  # fmt: skip
# What differs whenever it is asked. A number added to a whole row is forgotten by softmax, and so by the grader.
ROLLED = {
    "logits, rows x random", "logits, rows x and +", "softmax, rows x random", "sigmoid, rows x random",
}  # fmt: skip
HIDDEN_ALWAYS = {"one-hot"}
HIDDEN_OFTEN = {"softmax of 1000 z", "sigmoid of 1000 z", "softmax of z / 1000", "sigmoid of z / 1000"}


def table(rows: dict[str, list], heading: str) -> str:
    lines = [f"{heading:<44} models  single  multi  not graded  false"]
    for name, group in rows.items():
        found = Counter(judged.bend.found for judged in group)
        false = sum(judged.is_false for judged in group)
        single, multi, none = found["single_layer"], found["multi_layer"], found[None]
        lines.append(f"{name:<44} {len(group):6}  {single:6}  {multi:5}  {none:10}  {false:5}")
    return "\n".join(lines)


def grouped(models, key):
    groups = defaultdict(list)
    for judged in models:
        groups[key(judged.facts)].append(judged)
    return groups


@pytest.fixture(scope="module")
def drawn(models):
    return [judged for judged in models if not judged.facts["rewriting"]]


@pytest.fixture(scope="module")
def rewritten(models):
    return [judged for judged in models if judged.facts["rewriting"]]


def test_no_verdict_is_false(models, drawn, rewritten):
    print()
    print(table(grouped(drawn, lambda f: f"{f['framework']}: {f['kind']}"), "drawn"))
    print(table(grouped(rewritten, lambda f: f"{f['rewriting']} ({f['truth']})"), "rewritten"))
    print(table({"all": models}, "together"))
    assert len(models) >= 1000
    assert [str(judged) for judged in models if judged.is_false] == []


def test_every_framework_kind_and_data_set_was_drawn(drawn):
    for framework in FRAMEWORKS:
        mine = [judged.facts for judged in drawn if judged.facts["framework"] == framework]
        assert {facts["kind"] for facts in mine} == set(UNDECIDED_AT_MOST)
        assert {facts["dataset"] for facts in mine} == {"iris", "mnist"}
        assert 0.2 < sum(facts["trained"] for facts in mine) / len(mine) < 0.6


@pytest.mark.parametrize("kind", list(UNDECIDED_AT_MOST))
def test_few_are_left_undecided(drawn, kind):
    group = [judged for judged in drawn if judged.facts["kind"] == kind]
    undecided = [str(judged) for judged in group if judged.bend.found is None]
    assert all(judged.bend.reason for judged in group if judged.bend.found is None)
    assert len(undecided) <= UNDECIDED_AT_MOST[kind] * len(group), undecided


def test_logits_are_nearly_always_decided(drawn):
    group = [judged for judged in drawn if judged.facts["output"] in {"logits", "log_softmax"}]
    undecided = [str(judged) for judged in group if judged.bend.found is None]
    assert len(undecided) <= 0.03 * len(group), undecided


def test_bends_leave_room_on_both_sides_of_the_limits(drawn):
    logits = [
        judged for judged in drawn
        if judged.facts["output"] == "logits" and judged.facts["kind"] not in HALF and judged.bend.value is not None
    ]  # fmt: skip
    single = [judged.bend.value for judged in logits if judged.facts["truth"] == "single_layer"]
    multi = [judged.bend.value for judged in logits if judged.facts["truth"] == "multi_layer"]
    print(f"\nlogits: one layer bends by {max(single):.1e} at most, several by {min(multi):.1e} at least")
    assert max(single) < 3e-5
    # A network that training has all but made linear may bend by less than 0.02, and is undecided then.
    assert sorted(multi)[len(multi) // 100] > 0.02


@pytest.mark.parametrize("rewriting", sorted(VISIBLE_LINEAR))
def test_a_single_layer_shows_through_harmless_rewriting(rewritten, rewriting):
    group = [j for j in rewritten if j.facts["rewriting"] == rewriting and j.facts["truth"] == "single_layer"]
    assert sum(judged.bend.found == "single_layer" for judged in group) >= 0.6 * len(group) > 0


@pytest.mark.parametrize("rewriting", sorted(set(REWRITES) - HIDDEN_ALWAYS - HIDDEN_OFTEN))
def test_several_layers_show_through_any_rewriting(rewritten, rewriting):
    group = [j for j in rewritten if j.facts["rewriting"] == rewriting and j.facts["truth"] == "multi_layer"]
    assert sum(judged.bend.found == "multi_layer" for judged in group) >= 0.5 * len(group) > 0


def test_a_bend_far_outside_is_seen_but_where_the_outputs_saturate(rewritten):
    far = grouped(rewritten, lambda facts: facts["rewriting"])
    logits, probabilities = far["logits, bent far outside"], far["softmax, bent far outside"]
    assert {judged.bend.found for judged in logits} == {None}
    assert sum(judged.bend.found is None for judged in probabilities) >= 0.8 * len(probabilities) > 0


def test_class_ids_in_disguise_are_not_graded(rewritten):
    group = [judged for judged in rewritten if judged.facts["rewriting"] in HIDDEN_ALWAYS]
    assert group
    assert all(judged.bend.found is None for judged in group)


def test_no_single_layer_that_nobody_rewrote_leans_to_several(drawn):
    """For where a repeat leans, a declaration of several layers decides."""
    single = [judged for judged in drawn if judged.facts["truth"] == "single_layer"]
    assert [str(judged) for judged in single if judged.bend.leans] == []
    undecided = [judged for judged in drawn if judged.facts["truth"] == "multi_layer" and judged.bend.found is None]
    leaning = sum(judged.bend.leans is not None for judged in undecided)
    print(f"\nundecided networks: {len(undecided)}, of which a declaration decides {leaning}")


def test_what_is_asked_twice_is_answered_alike_unless_chance_is_in_it(models):
    """The second time a few rows at once: other batches sum in another order, and that is all."""
    rolled = [judged for judged in models if judged.facts["rewriting"] in ROLLED]
    honest = [judged for judged in models if judged.facts["rewriting"] not in ROLLED]
    most = max(judged.variation.difference for judged in honest)
    least = min(judged.variation.difference for judged in rolled)
    print(f"\nanswers differ by {most:.1e} at most, where rows are multiplied at random by {least:.1e} at least")
    assert most < SCORES_VARY_FROM / 10
    assert rolled
    assert least > 5 * SCORES_VARY_FROM
