"""Evidence over the API once it was moved: the same bytes, or a fault of ours that says what is the matter."""

from __future__ import annotations

import pytest
from evidence_stores import KINDS, evidence_store
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, update
from test_api_acting import HARD, Staff
from test_api_regrading import HARDER, Lab, problem

from api.app import create_app
from graders.measures import MEASURES_VERSION
from graders.spec_document import write_spec
from store import repository
from store.engine import reading, transaction
from store.evidence_mover import Mover
from store.models import EvidenceRecord, Run
from store.settings import Settings

TOKEN = "a-token-of-the-monitoring-server"


@pytest.fixture(params=KINDS)
def kept(request, tmp_path):
    with evidence_store(request.param, tmp_path) as store:
        yield store


@pytest.fixture
def told(world, kept):
    """Through an api that was told of the store."""
    settings = world.client.app.state.services.settings
    with_store = kept.settings(database_url=settings.database_url, redis_url=settings.redis_url, metrics_token=TOKEN)
    app = create_app(with_store)
    object.__setattr__(app.state.services, "celery", world.broker)
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as client:
        world.client = client
        yield world


@pytest.fixture
def lab(told):
    return Lab(told)


def runs(lab):
    with reading(lab.engine) as session:
        return dict(session.execute(select(Run.submission_id, Run.id)).all())


def move(lab, kept, *, outdated=False):
    assert Mover(lab.engine, kept.store()).move_all() == 3
    if outdated:
        with transaction(lab.engine) as session:
            session.execute(update(EvidenceRecord).values(measures_version=MEASURES_VERSION - 1))


def test_the_file_is_the_same_before_and_after(lab, kept):
    address = f"/api/v1/runs/{runs(lab)[lab.first]}/evidence/file"
    before = lab.world.get(address, "ivan")
    assert before.content == lab.blob
    move(lab, kept)
    after = lab.world.get(address, "ivan")
    assert (after.status_code, after.content) == (200, lab.blob)
    assert lab.world.get(address, "ana").status_code == 403


def test_a_store_that_is_away_is_a_fault_of_ours_and_only_of_the_evidence(lab, kept):
    move(lab, kept)
    run_id = runs(lab)[lab.first]
    with kept.away():
        answer = lab.world.get(f"/api/v1/runs/{run_id}/evidence/file", "ivan")
        told = problem(answer, 503, "evidence_unavailable")
        assert f"The evidence of run {run_id} cannot be had now" in told["detail"]
        assert int(answer.headers["Retry-After"]) > 0
        # Grades, reports, pages and regrades need none of it.
        assert lab.world.get(f"/api/v1/submissions/{lab.first}/report", "ana").status_code == 200
        assert lab.world.get(f"/api/v1/runs/{run_id}/evidence", "ivan").json()["size_bytes"] == len(lab.blob)
        assert lab.what_if(write_spec(HARDER, form="yaml")).status_code == 200
        assert lab.post(f"/api/v1/submissions/{lab.first}/regrade").status_code == 200


@pytest.mark.parametrize(("harm", "said"), [("damage", "is damaged"), ("lose", "is missing")])
def test_an_object_that_is_gone_or_damaged_is_told_with_what_to_do(lab, kept, harm, said):
    move(lab, kept)
    run_id = runs(lab)[lab.first]
    with reading(lab.engine) as session:
        place = repository.stored_evidence(session, run_id).place
    getattr(kept, harm)(place)
    told = problem(lab.world.get(f"/api/v1/runs/{run_id}/evidence/file", "ivan"), 503, "evidence_unavailable")
    assert said in told["detail"]
    assert place in told["detail"]
    assert "the submission can be run again" in told["detail"]


def test_after_an_upgrade_what_if_and_regrade_measure_what_was_moved(lab, kept):
    before = lab.what_if(write_spec(HARDER, form="yaml")).json()
    move(lab, kept, outdated=True)
    assert lab.what_if(write_spec(HARDER, form="yaml")).json() == before
    with reading(lab.engine) as session:
        measured = session.scalars(select(EvidenceRecord.run_id).where(EvidenceRecord.measures_version == MEASURES_VERSION))
        assert set(measured) == {runs(lab)[lab.second], runs(lab)[lab.dans]}
    assert lab.post(f"/api/v1/submissions/{lab.first}/regrade").status_code == 200


def test_after_an_upgrade_with_the_store_away_nothing_is_judged_by_guesswork(lab, kept):
    move(lab, kept, outdated=True)
    points = lab.points(lab.first)
    with kept.away():
        problem(lab.what_if(write_spec(HARDER, form="yaml")), 503, "evidence_unavailable")
        problem(lab.post(f"/api/v1/submissions/{lab.first}/regrade"), 503, "evidence_unavailable")
        # Whoever may not regrade is told that, and makes nobody ask the store.
        problem(lab.post(f"/api/v1/submissions/{lab.first}/regrade", "ana"), 403, "forbidden")
        assert lab.points(lab.first) == points
    assert lab.post(f"/api/v1/submissions/{lab.first}/regrade").json()["points_before"] == points


def test_metrics_tell_what_waits_to_be_moved(lab, kept):
    def waiting():
        text = lab.world.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
        samples = {s.name: s.value for family in text_string_to_metric_families(text) for s in family.samples}
        return samples["labmark_evidence_waiting_runs"], samples["labmark_evidence_waiting_bytes"]

    assert waiting() == (3, len(lab.blob) + len(lab.second_blob) + len(lab.dans_blob))
    move(lab, kept)
    assert waiting() == (0, 0)


def test_without_a_store_nothing_is_told_of_waiting(world):
    settings = world.client.app.state.services.settings
    app = create_app(Settings(database_url=settings.database_url, metrics_token=TOKEN))
    text = TestClient(app).get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert "labmark_database_bytes" in text
    assert "labmark_evidence" not in text


def test_a_page_says_it_in_the_language_of_its_reader(told, kept):
    staff = Staff(told)
    move(staff, kept, outdated=True)
    romanian = {"Accept-Language": "ro"}
    with kept.away():
        for headers, said in (({}, "cannot be had now"), (romanian, "Dovezile nu pot fi obținute din depozitul de dovezi")):
            answer = staff.send("/assignments/lab/spec/what-if", headers=headers, **staff.spec_form(HARD))
            assert (answer.status_code, said in answer.text) == (503, True)
    assert staff.send("/assignments/lab/spec/what-if", **staff.spec_form(HARD)).status_code == 200
