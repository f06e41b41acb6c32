"""What staff do on pages: who may, what it does to the database, what it leaves in the audit."""

from __future__ import annotations

import csv
import html
import io
import re
from urllib.parse import urlparse

import pytest
from regrade_samples import hand_in_run, run_of
from test_api_pages import HTML, check_html, csrf_of, sign_in
from test_api_regrading import COPIED, HARDER, LAB, Lab

from api.dashboard.texts import say
from api.grades import extension_etag, grades, override_etag
from api.grades_csv import canvas_csv
from api.granting import grant_etag
from graders.spec import Quota, SplitSizes
from graders.spec_document import write_spec
from store import repository
from store.engine import reading, transaction
from store.models import AuditEntry, Override, StaffJob
from worker.staff_work import StaffWork

# As many rows as Iris has: what staff publish is checked against the data.
SPEC = LAB.model_copy(
    update={"split": SplitSizes(train=70, validation=30, test=30, board=20), "quota": Quota(per_day=2, burst=3)}
)
HARDER_SPEC = SPEC.model_copy(update={"criteria": HARDER.criteria})
LONGER_SPEC = SPEC.model_copy(update={"repeats": 3})
EVERYBODY = ("ana", "dan", "grace", "ivan", "olga", "root")
DAY_S = 86_400.0
DUE = 1_800_000_000.0
WHY = "handed in on paper"
READING = {"ana": 403, "dan": 403, "grace": 200, "ivan": 200, "olga": 404, "root": 200}
# Of a submission, another student is told nothing either.
OF_SUBMISSION = READING | {"dan": 404}
ACTING = {who: 303 if status == 200 else status for who, status in READING.items()}
DECIDING = ACTING | {"grace": 403}


class Staff(Lab):
    """The lab, with a due date and a quota, and a browser for each person."""

    def __init__(self, world):
        super().__init__(world, SPEC)
        with transaction(self.engine) as session:
            repository.move_due_date(session, assignment_id=self.id, due_at=DUE, author_id=None)

    def open(self, path, who="ivan", **headers):
        sign_in(self.world, who)
        return self.world.client.get(path, headers=HTML | headers)

    def send(self, path, who="ivan", *, proof=None, headers=None, **data):
        """With the proof that a page of ours would give, or with another one."""
        client = sign_in(self.world, who)
        data["csrf"] = csrf_of(client.get("/").text) if proof is None else proof
        return client.post(path, data=data, headers=HTML | (headers or {}))

    def act(self, path, who="ivan", **data):
        """And the page that it leads to, which tells what was done."""
        answer = self.send(path, who, **data)
        assert answer.status_code == 303, answer.text
        page = self.world.client.get(answer.headers["location"], headers=HTML)
        assert page.status_code == 200
        check_html(page.text)
        return page.text

    def seen_of(self, path, marker="/override"):
        """What the form on a page says that its reader has seen."""
        page = self.open(path).text
        form = page[page.index(f'{marker}" class="fields"') :] if marker else page
        return html.unescape(re.search(r'name="seen" value="([^"]*)"', form)[1])

    def last(self):
        return self.audited()[-1]

    def spec_form(self, text, *, made_from=1, seen="", **more):
        return {"text": text, "made_from": str(made_from), "seen": seen, **more}

    def draft(self):
        with reading(self.engine) as session:
            return repository.draft_of(session, self.id)

    def version(self):
        with reading(self.engine) as session:
            return repository.newest_version(session, self.id)


def yaml(spec=SPEC, **update):
    return write_spec(spec.model_copy(update=update), form="yaml")


HARD = yaml(HARDER_SPEC)


@pytest.fixture
def staff(world):
    return Staff(world)


# --- who may -----------------------------------------------------------------------------------------------

PAGES = {
    "/assignments/lab": dict.fromkeys(READING, 200) | {"olga": 404},
    "/assignments/lab/spec": READING,
    "/assignments/lab/spec?version=1": READING,
    "/assignments/lab/versions": READING,
    "/assignments/lab/extensions": READING,
    "/assignments/lab/attempts": READING,
    "/assignments/lab/similarity": READING,
    "/assignments/lab/grades.csv": READING,
    "/assignments/lab/grades-canvas.csv": READING,
    "/courses/ml/assignments/new": READING | {"grace": 403},
    "/submissions/{first}/acting": OF_SUBMISSION | {"ana": 403},
    "/jobs/{job}": READING | {"ana": 404, "dan": 404},
    "/jobs/{job}/progress": READING | {"ana": 404, "dan": 404},
    "/assignments/lab/similarity/{first}/{second}": READING | {"grace": 404, "ivan": 404, "root": 404},
}


@pytest.mark.parametrize("path", PAGES)
def test_pages_for_acting_open_for_staff_alone(staff, path):
    job = staff.post("/api/v1/assignments/lab/regrade", "ivan", {}).json()["id"]
    for who in EVERYBODY:
        answer = staff.open(path.format(first=staff.first, second=staff.second, job=job), who)
        assert (who, answer.status_code) == (who, PAGES[path][who])
        if "csv" not in path:
            check_html(answer.text)


ACTS = {
    "/submissions/{first}/override": ({"points": "5", "reason": WHY}, DECIDING | {"dan": 404}),
    "/submissions/{given}/override/withdraw": ({"seen": "{seen_override}"}, DECIDING | {"dan": 404}),
    "/submissions/{first}/regrade": ({}, ACTING | {"dan": 404}),
    "/submissions/{errored}/retry": ({}, ACTING | {"dan": 404}),
    "/submissions/{waiting}/cancel": ({}, ACTING | {"ana": 303, "dan": 404}),
    "/assignments/lab/regrade": ({"scope": "all"}, ACTING),
    "/assignments/lab/similarity": ({"threshold": "80"}, ACTING),
    "/assignments/lab/extensions": ({"user": "dan", "due_at": "2030-01-01T10:00", "reason": WHY}, DECIDING),
    "/assignments/lab/extensions/remove": ({"user": "ana", "seen": "{seen_extension}"}, DECIDING),
    "/assignments/lab/attempts": ({"user": "dan", "extra": "2", "reason": WHY}, DECIDING),
    "/assignments/lab/attempts/remove": ({"user": "ana", "seen": "{seen_grant}"}, DECIDING),
    "/assignments/lab/spec/check": ({"text": HARD, "made_from": "1"}, READING),
    "/assignments/lab/spec/what-if": ({"text": HARD, "made_from": "1"}, READING),
    "/assignments/lab/spec/draft": ({"text": HARD, "made_from": "1"}, DECIDING),
    "/assignments/lab/spec/discard": ({"seen": ""}, DECIDING),
    "/assignments/lab/spec/publish": ({"text": HARD, "made_from": "1", "confirmed": "true"}, DECIDING),
    "/courses/ml/assignments/new/check": ({"text": yaml(slug="new")}, READING | {"grace": 403}),
    "/courses/ml/assignments/new": ({"text": yaml(slug="new")}, DECIDING),
}


def prepared(staff):
    """Something of each kind that an act needs: a given override, an errored run, one that waits."""
    with transaction(staff.engine) as session:
        given = {"reason": WHY, "author_id": staff.people["ivan"]}
        to_ana = {"assignment_id": staff.id, "user_id": staff.people["ana"], **given}
        repository.set_extension(session, due_at=DUE + DAY_S, **to_ana)
        repository.grant_quota(session, per_day=None, burst=None, extra=5, **to_ana)
        repository.give_override(session, submission_id=staff.second, points=1, computed_points=2, **given)
    waiting = staff.world.post(slug="lab").json()["id"]
    errored = staff.world.post(slug="lab").json()["id"]
    with transaction(staff.engine) as session:
        run = repository.submission_details(session, errored).run.id
        claim = repository.claim(session, run)
        assert repository.mark_errored(session, run, claim.attempt, "the jail did not start")
    with reading(staff.engine) as session:
        override = repository.active_overrides(session, staff.id)[staff.second]
        (extension,) = repository.extensions(session, staff.id)
        (grant,) = repository.quota_grants(session, staff.id)
    return {
        "first": staff.first, "given": staff.second, "waiting": waiting, "errored": errored,
        "seen_override": override_etag(override),
        "seen_extension": f"ana {extension_etag(extension)}",
        "seen_grant": f"ana {grant_etag(grant)}",
    }


def filled(data, ids):
    return {name: text.format(**ids) if name == "seen" else text for name, text in data.items()}


def state_of_everything(staff):
    return (
        staff.count(AuditEntry),
        staff.count(StaffJob),
        staff.count(Override),
        staff.version(),
        staff.draft(),
        len(staff.world.broker.sent),
    )


@pytest.mark.parametrize("path", ACTS)
@pytest.mark.parametrize("who", EVERYBODY)
def test_each_act_is_for_those_whom_the_api_lets(staff, path, who):
    data, expected = ACTS[path]
    ids = prepared(staff)
    before = state_of_everything(staff)
    answer = staff.send(path.format(**ids), who, **filled(data, ids))
    assert answer.status_code == expected[who], answer.text
    check_html(answer.text or "<p></p>")
    if expected[who] >= 400:
        assert state_of_everything(staff) == before
    # What a student cancels is theirs, and no act of staff.
    elif expected[who] == 303 and who != "ana":
        assert staff.count(AuditEntry) == before[0] + 1
        assert staff.last()[2] == principal_id(staff, who)


def principal_id(staff, who):
    with reading(staff.engine) as session:
        return repository.user_by_name(session, who).id


@pytest.mark.parametrize("path", ACTS)
def test_each_act_needs_the_proof_that_one_of_our_pages_asked_for_it(staff, path):
    data, _ = ACTS[path]
    ids = prepared(staff)
    before = state_of_everything(staff)
    for proof in ("", "0" * 64, "é"):
        answer = staff.send(path.format(**ids), proof=proof, **filled(data, ids))
        assert (answer.status_code, "stale_form" in answer.text) == (403, True)
    stranger = staff.world.client
    stranger.cookies.clear()
    answer = stranger.post(path.format(**ids), data=data, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert state_of_everything(staff) == before


def test_the_forms_of_deciding_are_shown_to_instructors_alone(staff):
    ids = prepared(staff)
    for who, decides in (("grace", False), ("ivan", True), ("root", True)):
        page = staff.open(f"/submissions/{ids['given']}", who).text
        assert ("/override" in page) == decides
        assert "/regrade" in page
        spec = staff.open("/assignments/lab/spec", who).text
        assert ("Publish …" in spec) == decides
        assert (" readonly" in spec) != decides
    student = staff.open(f"/submissions/{ids['given']}", "ana").text
    assert "What you can do" not in student
    assert WHY not in student


# --- one submission ----------------------------------------------------------------------------------------


def test_an_override_is_given_changed_and_taken_back_and_each_is_told(staff):
    computed = staff.points(staff.second)
    path = f"/submissions/{staff.second}/override"
    page = staff.act(path, points="7,5", reason=WHY)
    assert re.search(r"ivan gave 7\.5 points in place of [\d.]+\. Reason: “handed in on paper”", page)
    assert staff.last()[0] == "override.given"
    assert staff.last()[4]["to"] == 7.5
    page = staff.act(path, points="3", reason="<b>misread</b>", seen=staff.seen_of(f"/submissions/{staff.second}"))
    assert "&lt;b&gt;misread" in page
    assert "<b>misread" not in page
    assert "gave 3 points in place of the 7.5 given before" in page
    assert "3 points were given by ivan" in page
    with reading(staff.engine) as session:
        (grade,) = [row for row in repository.gradebook(session, staff.id) if row.user_name == "ana"]
    assert grade.submissions[-1].handed_in.override_points == 3
    for who in ("ivan", "ana"):
        shown = staff.open(f"/submissions/{staff.second}", who).text
        assert "<strong>3</strong> of" in shown
        assert f"given by {'a person' if who == 'ivan' else 'your teachers'}; computed:" in shown
    page = staff.act(f"{path}/withdraw", reason="", seen=staff.seen_of(f"/submissions/{staff.second}"))
    assert "took back the 3 points" in page
    assert "points were given by" not in page
    assert [entry[0] for entry in staff.audited()] == ["assignment.due_moved", "override.given", "override.changed", "override.withdrawn"]
    assert staff.points(staff.second) == computed
    again = staff.send(f"{path}/withdraw", reason="")
    assert again.status_code == 404


@pytest.mark.parametrize(
    ("points", "reason", "wrong"),
    [
        ("", WHY, "Points: write a number from 0 to 25"),
        ("-1", WHY, "Points: write"),
        ("nan", WHY, "Points: write"),
        ("1e9", WHY, "Points: write"),
        ("26", WHY, "Points: write"),
        ("5", "", "Reason: write why"),
        ("5", "x", "Reason: write why"),
        ("5", "\x00\x00\x00", "Reason: write why"),
        ("5", "x" * 1001, "Reason: write why"),
    ],
)
def test_a_form_that_was_filled_in_wrongly_comes_back_as_it_was(staff, points, reason, wrong):
    before = staff.audited()
    answer = staff.send(f"/submissions/{staff.first}/override", points=points, reason=reason)
    assert answer.status_code == 422
    check_html(answer.text)
    assert wrong in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{points}"' in answer.text
    assert staff.audited() == before


def test_nobodys_decision_is_lost_unseen(staff):
    """Of points, due dates and attempts alike: who has not read what stands is shown it first."""
    ids = prepared(staff)
    before = state_of_everything(staff)
    answers = [
        staff.send(f"/submissions/{staff.second}/override", points="9", reason=WHY),
        staff.send(f"/submissions/{staff.second}/override", points="9", reason=WHY, seen='"0123456789abcdef"'),
        staff.send(f"/submissions/{staff.first}/override", points="9", reason=WHY, seen=ids["seen_override"]),
        staff.send(f"/submissions/{staff.second}/override/withdraw"),
        staff.send("/assignments/lab/extensions", user="ana", due_at="2030-01-01T10:00", reason=WHY),
        staff.send("/assignments/lab/extensions/remove", user="ana"),
        staff.send("/assignments/lab/attempts", user="ana", extra="9", reason=WHY),
        staff.send("/assignments/lab/attempts/remove", user="ana", seen=ids["seen_extension"]),
    ]
    for answer in answers:
        assert answer.status_code == 412
        check_html(answer.text)
        assert "somebody else has decided meanwhile" in answer.text
    assert state_of_everything(staff) == before
    # The form that came back has seen it.
    assert staff.seen_of(f"/submissions/{staff.second}") == ids["seen_override"]
    seen = html.unescape(re.search(r'name="seen" value="([^"]*)"', answers[0].text)[1])
    assert "gave 9 points" in staff.act(f"/submissions/{staff.second}/override", points="9", reason=WHY, seen=seen)
    listed = html.unescape(re.search(r"<textarea name=.seen. hidden>(.*?)</textarea>", answers[4].text, re.DOTALL)[1])
    assert listed.split("\n")[1:-1] == [ids["seen_extension"]]
    staff.act("/assignments/lab/extensions", user="ana", due_at="2030-01-01T10:00", reason=WHY, seen=listed)


def test_one_submission_is_judged_again(staff):
    staff.publish(HARDER_SPEC)
    before = staff.points(staff.second)
    page = staff.act(f"/submissions/{staff.second}/regrade", "grace")
    assert "grace judged it again by version 2" in page
    assert staff.points(staff.second) < before
    assert staff.last()[:2] == ("submission.regraded", staff.second)
    staff.publish(LONGER_SPEC)
    refused = staff.send(f"/submissions/{staff.second}/regrade")
    assert refused.status_code == 409
    assert "ran something else than the newest version asks" in refused.text


def test_what_errored_is_tried_again_and_nothing_else_is(staff):
    ids = prepared(staff)
    page = staff.open(f"/submissions/{ids['errored']}").text
    assert "Try it again" in page
    page = staff.act(f"/submissions/{ids['errored']}/retry", "grace")
    assert "grace had it tried again after attempt 1" in page
    assert "Waiting in the queue" in page
    assert staff.last()[0] == "run.retried"
    assert staff.world.broker.sent[-1][0] == "labmark.run"
    refused = staff.send(f"/submissions/{ids['first']}/retry")
    assert refused.status_code == 409
    assert "It is graded." in refused.text


def test_what_staff_cancel_is_told_with_their_name(staff):
    ids = prepared(staff)
    answer = staff.send(f"/submissions/{ids['waiting']}/cancel", "grace")
    page = staff.world.client.get(answer.headers["location"], headers=HTML).text
    assert "grace cancelled it." in page
    assert staff.last()[:2] == ("submission.cancelled", ids["waiting"])


def test_an_address_tells_of_nothing_that_was_not_done(staff):
    foreign = staff.act("/assignments/lab/extensions", user="ana", due_at="2030-01-01T10:00", reason=WHY)
    assert 'id="did"' in foreign
    with reading(staff.engine) as session:
        (act, *_) = repository.acts_on(session, staff.world.course_id, (staff.id,))
    for act_id in ("x", act.id):
        assert 'id="did"' not in staff.open(f"/submissions/{staff.first}?act={act_id}").text


# --- the whole assignment ----------------------------------------------------------------------------------


def test_everybody_is_judged_again_by_a_job_that_tells_how_far_it_is(staff):
    staff.publish(HARDER_SPEC)
    page = staff.open("/assignments/lab").text
    assert "3 submissions are graded by an older version. A regrade suffices for all of them." in page
    answer = staff.send("/assignments/lab/regrade", "grace", scope="all")
    job = urlparse(answer.headers["location"]).path
    assert staff.world.broker.sent[-1][1] == [job.removeprefix("/jobs/")]
    waiting = staff.open(job)
    check_html(waiting.text)
    assert "It waits for a worker." in waiting.text
    assert 'hx-trigger="every 1s"' in waiting.text
    seen = re.search(r"progress\?seen=([\w-]+)", waiting.text)[1]
    assert staff.open(f"{job}/progress?seen={seen}").status_code == 204
    assert "A regrade is under way" in staff.open("/assignments/lab").text
    StaffWork(engine=staff.engine).run(job.removeprefix("/jobs/"))
    fragment = staff.open(f"{job}/progress?seen={seen}").text
    assert "Done." in fragment
    assert "hx-get" not in fragment
    assert re.search(r"Judged again</dt><dd>3</dd>", fragment)
    assert "graded by an older version" not in staff.open("/assignments/lab").text
    assert staff.last()[0] == "regrade.started"
    assert "grace started a regrade by version 2." in staff.open("/assignments/lab").text


def test_a_job_that_broke_says_so_without_markup(staff):
    with transaction(staff.engine) as session:
        job = repository.create_staff_job(
            session, kind="regrade", course_id=staff.world.course_id, assignment_id=None,
            parameters={"scope": "all"}, author_id=staff.people["ivan"],
        )  # fmt: skip
        claim = repository.claim_staff_job(session, job.id)
        assert repository.fail_staff_job(session, job.id, claim.attempt, "<script>alert(1)</script>")
    page = staff.open(f"/jobs/{job.id}").text
    check_html(page)
    assert "&lt;script&gt;" in page
    assert "Machine learning" in page


def test_an_extension_is_given_moved_and_taken_back(staff):
    page = staff.act("/assignments/lab/extensions", user="ana", due_at="2030-01-01T10:00", reason=WHY)
    assert "ivan gave ana time until 1 Jan 2030, 10:00." in page
    with reading(staff.engine) as session:
        (given,) = repository.extensions(session, staff.id)
    assert (given.user, given.due_at) == ("ana", 1_893_492_000.0)
    seen = staff.seen_of("/assignments/lab/extensions", "")
    page = staff.act("/assignments/lab/extensions", user="ana", due_at="2031-01-01T10:00", reason=WHY, seen=seen)
    assert "moved the due date of ana" in page
    page = staff.act(
        "/assignments/lab/extensions/remove", user="ana", seen=staff.seen_of("/assignments/lab/extensions", "")
    )
    assert "took back the extension of ana" in page
    assert "Nobody has an extension." in page
    assert [entry[0] for entry in staff.audited()[1:]] == ["extension.granted", "extension.changed", "extension.removed"]


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({"due_at": "", "reason": WHY}, "Until: choose"),
        ({"due_at": "soon", "reason": WHY}, "Until: choose"),
        ({"due_at": "2020-01-01T10:00", "reason": WHY}, "Until: choose"),
        ({"due_at": "9999-01-01T10:00", "reason": WHY}, "Until: choose"),
        ({"due_at": "2030-01-01T10:00", "reason": ""}, "Reason: write why"),
    ],
)
def test_an_extension_that_cannot_be_is_told(staff, data, wrong):
    answer = staff.send("/assignments/lab/extensions", user="ana", **data)
    assert (answer.status_code, wrong in answer.text) == (422, True)
    check_html(answer.text)
    assert [entry[0] for entry in staff.audited()] == ["assignment.due_moved"]


@pytest.mark.parametrize("user", ["", "nobody", "grace", "olga"])
def test_only_students_of_the_course_are_given_anything(staff, user):
    given = staff.send("/assignments/lab/extensions", user=user, due_at="2030-01-01T10:00", reason=WHY)
    attempts = staff.send("/assignments/lab/attempts", user=user, extra="1", reason=WHY)
    assert (given.status_code, attempts.status_code) == (404, 404)


def test_attempts_are_given_and_taken_back(staff):
    page = staff.act("/assignments/lab/attempts", user="ana", extra="3", per_day="", burst="", reason=WHY)
    assert "ivan gave ana other attempts." in page
    with reading(staff.engine) as session:
        (grant,) = repository.quota_grants(session, staff.id)
    assert (grant.user, grant.extra, grant.per_day, grant.burst) == ("ana", 3, None, None)
    seen = staff.seen_of("/assignments/lab/attempts", "")
    assert "took back the attempts" in staff.act("/assignments/lab/attempts/remove", user="ana", seen=seen)
    assert [entry[0] for entry in staff.audited()[1:]] == ["quota.granted", "quota.removed"]


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({"reason": WHY}, "at least one of the three"),
        ({"extra": "-1", "reason": WHY}, "Attempts: write"),
        ({"extra": "1.5", "reason": WHY}, "Attempts: write"),
        ({"per_day": "x", "reason": WHY}, "Attempts: write"),
        ({"extra": "1", "reason": "x"}, "Reason: write why"),
    ],
)
def test_attempts_that_cannot_be_are_told(staff, data, wrong):
    answer = staff.send("/assignments/lab/attempts", user="ana", **data)
    assert (answer.status_code, wrong in answer.text) == (422, True)
    check_html(answer.text)


# --- files -------------------------------------------------------------------------------------------------


def test_grades_are_exported_for_spreadsheets_and_for_canvas(staff):
    with transaction(staff.engine) as session:
        repository.user_by_name(session, "dan").display_name = "=HYPERLINK(1)"
    plain = staff.open("/assignments/lab/grades.csv", "grace")
    assert plain.headers["content-type"] == "text/csv; charset=utf-8"
    assert plain.headers["content-disposition"] == 'attachment; filename="grades-lab.csv"'
    assert plain.text == staff.world.get("/api/v1/assignments/lab/grades.csv", "grace").text
    canvas = staff.open("/assignments/lab/grades-canvas.csv", "grace")
    assert canvas.headers["content-disposition"] == 'attachment; filename="canvas-lab.csv"'
    head, points, *students = csv.reader(io.StringIO(canvas.text))
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab"]
    assert points == ["    Points Possible", "", "", "", "", "25.0"]
    assert [row[3] for row in students] == ["dan", "ana"]
    assert students[0][0] == "'=HYPERLINK(1)"
    assert float(students[1][5]) == max(staff.points(staff.first), staff.points(staff.second))


def test_who_has_handed_in_nothing_has_an_empty_field_for_canvas(world):
    with reading(world.engine) as session:
        assignment = repository.assignment_by_slug(session, "iris")
        text = canvas_csv(grades(session, assignment), assignment)
    assert [row[5] for row in csv.reader(io.StringIO(text))][2:] == ["", ""]


# --- similarity --------------------------------------------------------------------------------------------


@pytest.fixture
def copied(staff):
    renamed = COPIED.replace("model", "net").replace("optimizer", "opt")
    ids = {}
    for who, source in (("ana", COPIED), ("dan", "# <script>alert(1)</script>\n" + renamed)):
        ids[who] = staff.world.post(who, source=source, slug="lab").json()["id"]
    job = staff.send("/assignments/lab/similarity", "grace", threshold="70").headers["location"]
    StaffWork(engine=staff.engine).run(job.removeprefix("/jobs/"))
    return ids


def test_pairs_are_listed_and_stand_side_by_side_with_the_shared_lines_marked(staff, copied):
    page = staff.open("/assignments/lab/similarity", "grace").text
    check_html(page)
    href = re.search(r'href="(/assignments/lab/similarity/[\w-]+/[\w-]+)"', page)[1]
    assert "ana and dan" in page
    pair = staff.open(href, "grace").text
    check_html(pair)
    assert "<script>alert" not in pair
    assert "&lt;script&gt;alert(1)" in pair
    assert 'href="#b-1"' in pair
    assert 'id="b-1"' in pair
    shared = re.findall(r'<li[^>]* class="shared[^"]*"[^>]*>', pair)
    assert len(shared) > 20
    assert "<mark><code>            opt.step()</code></mark>" in pair
    assert "<mark><code># &lt;script" not in pair
    assert staff.last()[0] == "similarity.started"
    job = staff.open("/assignments/lab", "grace").text
    assert "grace started a similarity check, from 70.0 % on." in job


def test_a_pair_that_the_check_did_not_find_is_not_there(staff, copied):
    for first, second in ((staff.first, staff.dans), (copied["dan"], copied["ana"]), ("x", "y")):
        assert staff.open(f"/assignments/lab/similarity/{first}/{second}").status_code == 404


@pytest.mark.parametrize("threshold", ["x", "0", "101", "nan", "-5"])
def test_a_threshold_that_cannot_be_is_told(staff, threshold):
    answer = staff.send("/assignments/lab/similarity", threshold=threshold)
    assert (answer.status_code, "above 0 and at most 100" in answer.text) == (422, True)
    assert staff.count(StaffJob) == 0


# --- the document ------------------------------------------------------------------------------------------


def test_the_editor_shows_the_newest_version_and_what_is_wrong_with_a_text(staff):
    page = staff.open("/assignments/lab/spec").text
    check_html(page)
    assert "slug: lab" in page
    assert "Valid: 25 points." in page
    faulty = yaml().replace("full_at: 0.95", "full_at: 1.5").replace("repeats:", "repaets:")
    form = staff.spec_form(faulty.replace("\n", "\r\n"))
    answer = staff.send("/assignments/lab/spec/check", "grace", **form)
    check_html(answer.text)
    line = faulty.splitlines().index("      full_at: 1.5") + 1
    assert re.search(rf'data-line="{line}">Line {line}</a> <span><code>criteria\[0\]\.parameters\.full_at</code>', answer.text)
    assert "repaets" in answer.text
    fragment = staff.send("/assignments/lab/spec/check", "grace", headers={"HX-Request": "true"}, **form).text
    check_html(fragment)
    assert "<html" not in fragment
    assert 'hx-swap-oob="innerHTML"' in fragment
    assert "faults: it cannot be published" in fragment


def test_a_title_is_no_markup_anywhere(staff):
    title = "</textarea><script>alert(1)</script>"
    text = yaml(title=title)
    for path in ("check", "publish"):
        page = staff.send(f"/assignments/lab/spec/{path}", **staff.spec_form(text)).text
        check_html(page)
        assert "<script>alert" not in page
    staff.act("/assignments/lab/spec/publish", **staff.spec_form(text, confirmed="true"))
    for path in ("", "/spec", "/versions", "/similarity", "/extensions", "/attempts"):
        page = staff.open(f"/assignments/lab{path}").text
        check_html(page)
        assert "<script>alert" not in page


def test_whose_grade_would_change_is_shown_page_by_page_and_nothing_is_stored(staff):
    before = state_of_everything(staff)
    form = staff.spec_form(HARD)
    page = staff.send("/assignments/lab/spec/check", "grace", **form).text
    assert "Of 2 students with a graded submission, 2 would have other points or verdicts: 0 more points, 2 fewer." in page
    assert f'href="/submissions/{staff.second}"' in page
    assert f'href="/submissions/{staff.first}"' not in page
    fragment = staff.send("/assignments/lab/spec/what-if", "grace", headers={"HX-Request": "true"}, **form).text
    assert "accuracy: " in fragment
    assert "→" in fragment
    assert "<html" not in fragment
    # Written on, and no longer valid: a whole page must not come where a part was asked for.
    meanwhile = staff.send("/assignments/lab/spec/what-if", headers={"HX-Request": "true"}, **staff.spec_form("title: ["))
    assert (meanwhile.status_code, meanwhile.text) == (204, "")
    unchanged = staff.send("/assignments/lab/spec/check", **staff.spec_form(yaml(title="Lab, again"))).text
    assert "No grade would change, of 2 students" in unchanged
    longer = staff.send("/assignments/lab/spec/check", **staff.spec_form(yaml(LONGER_SPEC))).text
    assert "Of 2 students it is not known" in longer
    assert state_of_everything(staff) == before


def test_many_changes_are_shown_twenty_at_a_time(staff):
    with transaction(staff.engine) as session:
        people = [repository.create_user(session, name=f"s{n:02}").id for n in range(21)]
        for user_id in people:
            repository.enroll(session, user_id=user_id, course_id=staff.world.course_id, role="student")
    for user_id in people:
        hand_in_run(staff.engine, user_id=user_id, assignment_id=staff.id, found=run_of(5, 5), spec=SPEC)
    hx = {"HX-Request": "true"}
    pages = [
        staff.send("/assignments/lab/spec/what-if", headers=hx, **staff.spec_form(HARD, page=str(n))).text for n in (1, 2, 9)
    ]
    rows = [set(re.findall(r'href="/submissions/([\w-]+)"', page)) for page in pages]
    assert [len(found) for found in rows] == [20, 3, 3]
    assert not rows[0] & rows[1]
    assert "Page 1 of 2" in pages[0]
    assert "Page 2 of 2" in pages[2]


def test_a_draft_is_kept_and_shown_to_the_next_who_comes(staff):
    text = HARD + "# to be discussed\n"
    page = staff.act("/assignments/lab/spec/draft", **staff.spec_form(text))
    assert "ivan saved a draft, made from version 1." in page
    assert "# to be discussed" in page
    assert "A draft, saved by ivan" in staff.open("/assignments/lab/spec", "root").text
    assert "ivan saved a draft" in staff.open("/assignments/lab").text
    assert staff.version() == 1
    assert staff.last()[0] == "assignment.draft_saved"
    page = staff.act("/assignments/lab/spec/discard", "root", **staff.spec_form(text, seen=staff.draft().revision))
    assert "root discarded the draft." in page
    assert staff.draft() is None


def test_a_draft_may_be_unfinished_but_not_endless(staff):
    staff.act("/assignments/lab/spec/draft", **staff.spec_form("slug: [\n\x00"))
    assert staff.draft().text == "slug: [\n�"
    answer = staff.send("/assignments/lab/spec/draft", **staff.spec_form("#" * 65_537, seen=staff.draft().revision))
    assert (answer.status_code, "larger than 64 KiB" in answer.text) == (413, True)


def test_nobodys_draft_is_overwritten_unseen(staff):
    staff.send("/assignments/lab/spec/draft", "root", **staff.spec_form(HARD))
    theirs = staff.draft()
    mine = yaml(title="Mine")
    answer = staff.send("/assignments/lab/spec/draft", **staff.spec_form(mine))
    assert answer.status_code == 412
    check_html(answer.text)
    assert "root saved a draft" in answer.text
    assert "title: Mine" in answer.text
    assert staff.draft() == theirs
    # Having seen it, the author may put theirs in its place: the form says which one was seen.
    assert re.search(r'name="seen" value="([\w-]+)"', answer.text)[1] == theirs.revision
    staff.act("/assignments/lab/spec/draft", **staff.spec_form(mine, seen=theirs.revision))
    assert staff.draft().text == mine
    stale = staff.send("/assignments/lab/spec/discard", **staff.spec_form(mine, seen=theirs.revision))
    assert stale.status_code == 412
    assert staff.draft().text == mine


def test_a_version_is_published_after_it_was_asked_whether_it_is_meant(staff):
    staff.act("/assignments/lab/spec/draft", **staff.spec_form(HARD))
    form = staff.spec_form(HARD, seen=staff.draft().revision, note="harder")
    asked = staff.send("/assignments/lab/spec/publish", **form)
    check_html(asked.text)
    assert asked.status_code == 200
    assert "Publish version 2" in asked.text
    assert "2 would have other points" in asked.text
    assert re.search(r'<tr class="new"><td></td><td>\d+</td>.*?<code>      full_at: 0.99</code>', asked.text)
    assert staff.version() == 1
    page = staff.act("/assignments/lab/spec/publish", **form, confirmed="true")
    assert "ivan published version 2 in place of 1." in page
    assert (staff.version(), staff.draft()) == (2, None)
    assert staff.last()[0] == "assignment.published"
    assert staff.last()[4]["note"] == "harder"
    # Grades stay until somebody has them judged again.
    assert "3 submissions are graded by an older version" in page


def test_nobodys_version_is_overwritten_unseen(staff):
    form = staff.spec_form(yaml(title="Mine"), confirmed="true")
    staff.act("/assignments/lab/spec/publish", "root", **staff.spec_form(HARD, confirmed="true"))
    answer = staff.send("/assignments/lab/spec/publish", **form)
    assert answer.status_code == 412
    check_html(answer.text)
    assert "root published version 2" in answer.text
    assert "full_at: 0.99" in answer.text
    assert "title: Mine" in answer.text
    assert staff.version() == 2
    assert 'name="made_from" value="2"' in answer.text
    staff.act("/assignments/lab/spec/publish", **{**form, "made_from": "2"})
    assert staff.version() == 3


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        ("slug: [", 422, "It was not stored: it has faults"),
        (yaml(slug="iris"), 422, "another assignment"),
        (yaml(dataset="nothing"), 422, "there is no data set"),
        (yaml(), 200, "Nothing was published: the newest version asks just this already."),
    ],
)
def test_what_cannot_be_published_is_not(staff, text, status, told):
    answer = staff.send("/assignments/lab/spec/publish", **staff.spec_form(text, confirmed="true"))
    assert (answer.status_code, told in answer.text) == (status, True)
    check_html(answer.text)
    assert staff.version() == 1


def test_versions_are_listed_with_what_changed_between_two(staff):
    staff.act("/assignments/lab/spec/publish", **staff.spec_form(HARD, confirmed="true", note="<i>harder</i>"))
    page = staff.open("/assignments/lab/versions", "grace").text
    check_html(page)
    assert "From version 1 to version 2" in page
    assert "&lt;i&gt;harder" in page
    assert "can be judged by the newest" in page
    assert "full_at: 0.99" in page
    back = staff.open("/assignments/lab/versions?before=2&after=1", "grace").text
    assert "From version 2 to version 1" in back
    assert staff.open("/assignments/lab/versions?before=1&after=9").status_code == 404
    assert staff.open("/assignments/lab/versions?after=0").status_code == 422
    older = staff.open("/assignments/lab/spec?version=1").text
    assert "full_at: 0.95" in older
    assert 'name="made_from" value="2"' in older
    assert staff.open("/assignments/lab/spec?version=9").status_code == 404


def test_a_new_assignment_begins_as_another_one(staff):
    page = staff.open("/courses/ml/assignments/new?template=lab").text
    check_html(page)
    assert "slug: lab-2" in page
    assert "iris-single-layer" in page
    text = yaml(slug="lab-2", title="Lab, once more")
    checked = staff.send("/courses/ml/assignments/new/check", text=text, template="lab", headers={"HX-Request": "true"})
    assert "Valid: 25 points." in checked.text
    page = staff.act("/courses/ml/assignments/new", text=text, template="lab", due_at="2030-01-01T10:00", note="for spring")
    assert "ivan created the assignment." in page
    with reading(staff.engine) as session:
        made = repository.assignment_by_slug(session, "lab-2")
    assert (made.course_id, made.version, made.due_at) == (staff.world.course_id, 1, 1_893_492_000.0)
    assert staff.last()[0] == "assignment.created"
    taken = staff.send("/courses/ml/assignments/new", text=text, template="lab")
    assert (taken.status_code, "Lab, once more" in taken.text) == (409, True)
    for data in ({"text": "slug: ["}, {"text": yaml(slug="lab-3"), "due_at": "soon"}):
        answer = staff.send("/courses/ml/assignments/new", **data)
        assert answer.status_code == 422
        check_html(answer.text)


def test_pages_for_acting_speak_romanian(staff):
    page = staff.open("/assignments/lab", **{"Accept-Language": "ro"}).text
    for key in ("acting.title", "acting.spec", "acting.similarity", "acting.csv"):
        assert say("ro", key) in page
    editor = staff.open("/assignments/lab/spec", **{"Accept-Language": "ro"}).text
    assert "Salvează ca ciornă" in editor


def test_the_editor_says_in_romanian_what_is_wrong_and_what_is_doubted(staff):
    faulty = yaml().replace("full_at: 0.95", "full_at: 1.5").replace("repeats:", "repaets:")
    lines = faulty.splitlines()
    for headers in ({"Accept-Language": "ro"}, {"Accept-Language": "ro", "HX-Request": "true"}):
        page = staff.send("/assignments/lab/spec/check", headers=headers, **staff.spec_form(faulty)).text
        check_html(page)
        for start, where, told in (
            ("      full_at: 1.5", "criteria[0].parameters.full_at", "1.5 nu este permis (permis: un număr de la 0 la 1)"),
            ("repaets", "repaets", "nume necunoscut; ai vrut să scrii repeats? (permis: slug, "),
        ):
            line = next(number for number, text in enumerate(lines, start=1) if text.startswith(start))
            assert f'data-line="{line}">Linia {line}</a> <span><code>{where}</code>: {told}' in page
    doubtful = yaml(points_at_most=1000)
    for path in ("check", "publish"):
        page = staff.send(f"/assignments/lab/spec/{path}", headers={"Accept-Language": "ro"}, **staff.spec_form(doubtful)).text
        assert "<code>points_at_most</code>: nu se ajunge niciodată aici: criteriile dau 25 de puncte" in page
