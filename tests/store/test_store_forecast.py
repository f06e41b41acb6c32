"""When a run begins, as students are told: against lines small enough to reckon by hand."""

from __future__ import annotations

import time

import pytest

from store import repository
from store.engine import reading, transaction
from store.forecast import ARRIVALS_OVER_S, Forecast, Kind, Paces
from store.ids import first_id_at, new_id
from store.repository import AtWork, InLine

NOW = 1_000_000.0
IRIS = Kind("cpu", "iris")
TWO_SECONDS = Paces([(IRIS, 2.0)])


def waiting(*whose, turns=None):
    turns = turns or [1] * len(whose)
    return [
        InLine(
            run_id=f"{name}-{turn}", submission_id="s", kind="graded", device="cpu", is_background=False,
            user_id=name, assignment_id="iris", turn=turn, position=place,
        )
        for place, (name, turn) in enumerate(zip(whose, turns, strict=True), start=1)
    ]  # fmt: skip


def at_work(*whose, started_at=NOW):
    return [
        AtWork(
            run_id=f"{name}-0", kind="graded", device="cpu", is_background=False, user_id=name,
            assignment_id="iris", started_at=started_at,
        )
        for name in whose
    ]  # fmt: skip


def forecast(*, line=(), running=(), paces=TWO_SECONDS, workers=2, arrived=None):
    return Forecast(
        now=NOW, waiting=line, running=running, paces=paces, at_once={"cpu": workers} if workers else {},
        arrived=arrived or {},
    )  # fmt: skip


def start_in_s(place):
    return None if place.start_at is None else place.start_at - NOW


def joins(made, name="new"):
    return made.join(device="cpu", user_id=name, assignment_id="iris")


def test_a_first_run_begins_when_the_line_before_it_is_through():
    made = forecast(line=waiting("a", "b", "c"), running=at_work("d", "e"))
    assert [start_in_s(made.places[f"{name}-1"]) for name in "abc"] == [2.0, 2.0, 4.0]
    place = joins(made)
    assert (place.position, start_in_s(place)) == (4, 4.0)


def test_runs_that_a_killed_worker_left_behind_do_not_count_as_workers():
    left_behind = at_work("x", "y", started_at=NOW - 20)
    made = forecast(line=waiting("a", "b"), running=[*left_behind, *at_work("d", "e")])
    assert start_in_s(joins(made)) == 4.0


def test_a_second_run_waits_for_those_who_come_until_the_first_has_ended():
    # One run of 2 s a second for two workers: as much work comes as is done.
    arrived = {IRIS: int(ARRIVALS_OVER_S)}
    made = forecast(line=waiting("a", "a", turns=[1, 2]), running=at_work("d", "e"), arrived=arrived)
    assert start_in_s(made.places["a-1"]) == 2.0
    assert start_in_s(made.places["a-2"]) == 2.0 + 4.0
    # Its third: two are before it, and others come until the second has ended, after 8 s.
    assert start_in_s(joins(made, "a")) == 4.0 + 8.0
    assert start_in_s(joins(made, "b")) == 2.0


def test_where_nobody_comes_a_second_run_waits_for_the_line_alone():
    made = forecast(line=waiting("a", "a", turns=[1, 2]), running=at_work("d", "e"))
    assert start_in_s(made.places["a-2"]) == 2.0


@pytest.mark.parametrize(
    "unknown", [{"workers": 0}, {"paces": Paces([])}], ids=["nobody works", "none has ended yet"]
)
def test_where_there_is_nothing_to_reckon_with_no_time_is_told(unknown):
    made = forecast(line=waiting("a", "a", turns=[1, 2]), running=at_work("d", "e"), arrived={IRIS: 9}, **unknown)
    assert [made.places[name].start_at for name in ("a-1", "a-2")] in ([None, None], [NOW, None])
    place = joins(made, "a")
    assert (place.position, place.start_at) == (3, None)


def test_arrivals_are_those_of_the_last_seconds_without_what_runs_in_the_background(engine, hand_in):
    submission, *_ = [hand_in().submission_id for _ in range(3)]
    with transaction(engine) as session:
        repository.add_run(
            session, submission_id=submission, spec_version=1, priority=repository.PRIORITY_REGRADE, device="cpu"
        )
    now = time.time()
    with reading(engine) as session:
        found = repository.recent_arrivals(session, since=now - 60)
        assert sum(found.values()) == 3
        assert {kind.device for kind in found} == {"cpu"}
        assert repository.recent_arrivals(session, since=now + 1) == {}


def test_the_first_id_at_a_moment_lies_between_those_before_and_after():
    assert first_id_at(time.time() - 1) < new_id() < first_id_at(time.time() + 1)
