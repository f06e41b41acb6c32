"""What a page that watches a run is sent, from events and looks at the database that the test makes up."""

import asyncio
from types import SimpleNamespace

import pytest

from api.dashboard.routes import live
from graders.labs import LABS

TWICE = LABS["iris-single-layer"].model_copy(update={"repeats": 2})
WAITING = live._Seen(language="en", spec=TWICE, state_html="Waiting: place 1", is_final=False)
TRAINING = live._Seen(language="en", spec=TWICE, state_html="Training", is_final=False)
GRADED = live._Seen(language="en", spec=TWICE, state_html="Graded", is_final=True)


def state(name):
    return SimpleNamespace(kind="state", data={"state": name})


def epoch(number, repeat=0, training=40.0):
    told = {"repeat": repeat, "epoch": number, "train_error_percent": training, "validation_error_percent": 50.0}
    return SimpleNamespace(kind="epoch", data=told)


@pytest.fixture
def watch(monkeypatch):
    monkeypatch.setattr(live, "_DRAW_EVERY_S", 0.02)
    monkeypatch.setattr(live, "_LOOK_EVERY_S", 0.2)

    def run(events, looks):
        """(event, data) of everything sent; `looks` is what the database says, one look after another."""
        looks = iter(looks)

        async def pump(_services, _id, inbox):
            for event in events:
                await asyncio.sleep(0.03)
                inbox.put_nowait(event)

        async def collect():
            return [(sent.event, sent.data) async for sent in live._watch(None, "id", WAITING)]

        monkeypatch.setattr(live, "_pump", pump)
        monkeypatch.setattr(live, "_look", lambda *_: next(looks))
        return asyncio.run(collect())

    return run


def test_a_page_is_sent_states_curves_and_the_end(watch):
    sent = watch([state("training"), epoch(1), epoch(2), epoch(3), state("graded")], [TRAINING, GRADED])
    assert sent[0] == ("state", "Waiting: place 1")
    assert sent[1] == ("state", "Training")
    assert sent[-2:] == [("state", "Graded"), ("end", "")]
    curves = [data for kind, data in sent if kind == "curve"]
    assert "a line needs two" in curves[0]
    assert "<polyline" in curves[1]
    assert "From epoch 1 to 3" in curves[-1]
    assert "Repeat 1 of 2" in curves[-1]


def test_without_any_event_the_page_learns_the_state_by_looking(watch):
    assert [kind for kind, _ in watch([], [WAITING, TRAINING, GRADED])] == ["state", "state", "state", "end"]


def test_a_second_attempt_draws_its_curve_anew(watch):
    events = [epoch(1), epoch(2), epoch(3), state("claimed"), epoch(1), epoch(2), state("graded")]
    curves = [data for kind, data in watch(events, [TRAINING, GRADED]) if kind == "curve"]
    assert "From epoch 1 to 3" in curves[2]
    assert "From epoch 1 to 2" in curves[-1]


def test_the_curve_shows_where_overfitting_begins_while_it_trains(watch):
    def told(number, training, validation):
        found = epoch(number, training=training)
        found.data["validation_error_percent"] = validation
        return found

    falls = [told(n, 50 - 5 * n, 50 - 8 * n) for n in range(1, 5)]
    rises = [told(n, 30 - 2 * n, 10 * n) for n in range(5, 10)]
    curves = [data for kind, data in watch([*falls, *rises, state("graded")], [TRAINING, GRADED]) if kind == "curve"]
    assert "overfitting begins" not in curves[2]
    assert "overfitting begins after epoch 4" in curves[-1]
