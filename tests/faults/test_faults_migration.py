"""The service was stopped in the middle of its work, and the next version of it starts on the same database."""

from __future__ import annotations

import time

import pytest
from alembic.script import ScriptDirectory
from fault_place import BAD, GOOD, SPEC
from sqlalchemy import MetaData, insert, select

from graders.evidence import Evidence
from graders.evidence_format import to_bytes
from graders.report import Report
from store.engine import make_engine, reading
from store.ids import new_id
from store.migrate import upgrade
from store.models import ReportRecord
from store.repository.accounts import fingerprint

EARLIER = [found.revision for found in ScriptDirectory("store/migrations").walk_revisions()][1:]
TOKEN = "lmk_of_the_student"
REPORT = Report(outcome="graded", points=7, max_points=10, criteria=())


class Past:
    """Rows as an earlier version wrote them: those columns that its schema had."""

    def __init__(self):
        self.rows, self.expected, self.waiting = [], {}, []
        now = time.time()
        course, self._user, self._assignment = new_id(), new_id(), new_id()
        self._add("courses", id=course, slug="faults", title="Faults", created_at=now)
        self._add("users", id=self._user, name="sam-student", display_name="Sam", is_admin=False, created_at=now)
        self._add("enrollments", user_id=self._user, course_id=course, role="student")
        self._add(
            "tokens", id=new_id(), user_id=self._user, sha256=fingerprint(TOKEN), role="student", label="", created_at=now
        )
        self._add(
            "assignments", id=self._assignment, slug=SPEC.slug, course_id=course, secret_seed=b"s" * 32, created_at=now
        )
        # What was added to specifications since then is not in it.
        spec = SPEC.model_dump(mode="json", exclude_defaults=True)
        self._add("assignment_versions", assignment_id=self._assignment, version=1, spec=spec, created_at=now)

        self._run(GOOD, "graded", state="queued", bell={})
        self._run(BAD, "failed", state="queued", bell={"sent_at": now - 9e3, "sends": 1, "ring_again_at": now - 8e3})
        at_work = {"attempt": 1, "lease_until": now - 60, "started_at": now - 120}
        self._run(GOOD, "graded", state="training", bell={"sent_at": now - 9e3, "sends": 1}, **at_work)
        self.graded = self._run(GOOD, "graded", state="graded", attempt=1, finished_at=now)
        self._run("", "errored", state="errored", attempt=3, finished_at=now, error="broke")

    def _add(self, table, **row):
        self.rows.append((table, row))

    def _run(self, source, ends, *, state, bell=None, **values):
        submission, run, now = new_id(), new_id(), time.time()
        self.expected[submission] = ends
        self._add(
            "submissions", id=submission, assignment_id=self._assignment, assignment_version=1, user_id=self._user,
            filename="lab.py", source=source, source_kind="py", created_at=now,
        )  # fmt: skip
        self._add(
            "runs",
            **{"attempt": 0, "attempts_allowed": 3, "device": "cpu", "created_at": now, "waits_since": now,
               "id": run, "submission_id": submission, "state": state, "spec_version": 1, **values},
        )  # fmt: skip
        if bell is not None:
            self.waiting.append(submission)
            row = {"id": new_id(), "run_id": run, "queue": "cpu", "priority": 3, "created_at": now, "due_at": now, "sends": 0}
            self._add("outbox", **{**row, **bell})
        if state == "graded":
            evidence = to_bytes(Evidence(n_classes=3, class_names=("a", "b", "c"), repeats=()))
            self._add("evidence", run_id=run, version=1, blob=evidence)
            report = REPORT.model_dump(mode="json", exclude_defaults=True)
            self._add("reports", run_id=run, version=1, report=report, spec_version=1, created_at=now)
            self._add("run_logs", run_id=run, log="training\n")
        return submission

    def write(self, database_url, revision):
        upgrade(database_url, revision)
        engine, tables = make_engine(database_url), MetaData()
        with engine.begin() as connection:
            tables.reflect(connection)
            for name, row in self.rows:
                table = tables.tables[name]
                connection.execute(insert(table).values({key: row[key] for key in row if key in table.c}))
        engine.dispose()
        return TOKEN


@pytest.mark.parametrize("revision", dict.fromkeys((EARLIER[0], EARLIER[-1])))
def test_a_new_version_starts_on_the_schema_of(revision, own_place):
    past = Past()
    with own_place(create=lambda url: past.write(url, revision)) as place:
        place.expected = past.expected
        hit = place.hit(f"migration from {revision}", "nothing: what was at work when it stopped goes on")
        hit.settle(past.waiting)
        assert place.run_of(past.graded).state == "graded"
        told = place.http.get(f"/api/v1/submissions/{past.graded}/report").raise_for_status().json()
        assert told["points"] == 7
        with reading(place.engine) as session:
            versions = session.scalars(select(ReportRecord.version).where(ReportRecord.run_id == place.run_of(past.graded).id))
            assert list(versions) == [1]
