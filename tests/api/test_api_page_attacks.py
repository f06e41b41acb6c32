"""What is tried against the pages: markup, forms of other sites, bodies that are too much. The routes come from the app."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from every_route import UNSAFE, api_routes, names_in, page_routes
from fastapi.testclient import TestClient
from people_at_work import csrf_of
from seeded_course import seeded_course, snapshot

from graders.evidence import Evidence
from graders.evidence_format import to_bytes
from graders.report import Failure, Report
from store import models, repository
from store.engine import transaction

HTML = {"Accept": "text/html"}
QUICK_S = 5.0


def probe(name):
    """Ends a script, an attribute and a tag, and begins all of them."""
    return f"""</script></textarea></title>'"><xss-probe onprobe=1 id="{name}">&amp;{{{{7*7}}}}%s`{name}`"""


class Markup(HTMLParser):
    """Every tag and every attribute that a browser would see, and all that it would show."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.values, self.shown = set(), set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data):
        self.shown.append(data)

    def assert_clean(self, where):
        assert "xss-probe" not in self.tags, where
        assert not [name for name in self.attributes if name.startswith("on")], where
        assert not [value for value in self.values if value.strip().lower().startswith(("javascript:", "data:"))], where

    def names(self):
        """Of the probes that are shown as what they are: text."""
        everything = "\n".join([*self.shown, *self.values])
        return set(re.findall(r"<xss-probe onprobe=1 id=\"(\w+)\">", everything)) | set(re.findall(r"<xss-probe onprobe=1 id=\\u0022(\w+)", everything))


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with seeded_course(tmp_path_factory.mktemp("attacked")) as seeded:
        seed_a_failure(seeded)
        yield seeded


def seed_a_failure(seeded):
    """One more of ana's, whose code says what it likes."""
    failure = Failure(
        code="raised", parameters={"exception": probe("exception"), "message": probe("message")}, line=1, traceback=probe("traceback")
    )
    report = Report(
        outcome="failed", points=0, max_points=10, criteria=(), failure=failure,
        claims={"framework": probe("framework"), "layers": [probe("layer")]}, provenance={"torch": probe("provenance")},
    )  # fmt: skip
    with transaction(seeded.engine) as session:
        new = repository.NewSubmission(filename="lab.py", source="x = 1\n")
        done = repository.submit(
            session, user_id=seeded.names["ids"]["ana"], assignment_id=seeded.names["assignment_id"], new=new
        )
        claim = repository.claim(session, done.run_id)
        assert repository.finish(
            session, done.run_id, claim.attempt, outcome="failed", evidence=to_bytes(Evidence(n_classes=3, class_names=("a", "b", "c"), repeats=())),
            report=report, log=probe("log")
        )
    seeded.names["failed_submission"] = done.submission_id


def poison(engine):
    """Whatever people write, as if nothing had looked at it when it came in."""
    with transaction(engine) as session:
        for table, columns in {
            models.User: {"display_name": "person"}, models.Course: {"title": "course"}, models.Token: {"label": "token"},
            models.Submission: {"filename": "file", "source": "source", "dropped_lines": ["dropped"]},
            models.RunLog: {"log": "log"}, models.Run: {"error": "error"},
            models.Override: {"reason": "override"}, models.Extension: {"reason": "extension"}, models.QuotaGrant: {"reason": "grant"},
        }.items():  # fmt: skip
            for row in session.query(table):
                for column, name in columns.items():
                    setattr(row, column, [probe(name[0])] if isinstance(name, list) else probe(name))
        for version in session.query(models.AssignmentVersion):
            version.spec = version.spec | {"title": probe("title"), "description": probe("description")}
            version.note = probe("note")
        for entry in session.query(models.AuditEntry):
            entry.detail = {name: probe("audit") if isinstance(value, str) else value for name, value in entry.detail.items()}
            entry.subject = probe("subject")
        for dataset in session.query(models.DatasetRecord):
            dataset.facts = replaced(dataset.facts)
        author = session.query(models.User).filter_by(name="ivan").one()
        assignment = session.query(models.Assignment).one()
        session.add(
            models.SpecDraft(
                assignment_id=assignment.id, text=probe("draft"), made_from=1, revision="r", author_id=author.id, saved_at=time.time()
            )
        )


def replaced(value):
    if isinstance(value, dict):
        return {name: replaced(item) for name, item in value.items()}
    if isinstance(value, list):
        return [replaced(item) for item in value]
    return probe("column") if isinstance(value, str) else value


def signed_in(client, course, who):
    client.cookies.clear()
    assert client.post("/login", data={"token": course.tokens[who]}).status_code == 303


def address(course, path, **names):
    known = {
        **course.names, "slug": "ml" if path.startswith("/courses") else "lab", "number": 1, "secret": "x" * 43, **names,
        "first": course.names["submission_id"], "second": course.names["dans_submission"],
    }  # fmt: skip
    return path.format(**known)


READING = [path for method, path in page_routes() if method == "GET"]
ACTING = [path for method, path in page_routes() if method in UNSAFE]
# What anybody may send who is not signed in: guarded by where it comes from.
BEFORE_SIGNING_IN = {"/login", "/login/password", "/invitations/{secret}"}
# Shown nowhere on a page, or only where a page of this course cannot show it.
NOT_SHOWN = {"subject", "column", "provenance", "error", "message", "exception"}


def test_nothing_that_people_write_is_markup_on_any_page(client, course, as_it_was):
    poison(course.engine)
    seen = set()
    for who in ("ivan", "ana", "root", "grace"):
        signed_in(client, course, who)
        for path in READING:
            for submission in ("submission_id", "failed_submission", "errored_submission", "waiting_submission"):
                if submission != "submission_id" and "{submission_id}" not in path:
                    continue
                if "/live" in path and submission == "waiting_submission":
                    continue  # a stream without end
                answer = client.get(address(course, path, submission_id=course.names[submission]), headers=HTML)
                assert answer.status_code < 500, (who, path)
                if answer.headers.get("content-type", "").startswith(("text/html", "text/event-stream")):
                    found = Markup(answer.text)
                    found.assert_clean((who, path))
                    assert "49" not in re.findall(r"&amp;amp;(\d+)", answer.text), "a template within a template"
                    seen |= found.names()
    expected = {
        "person", "course", "title", "description", "file", "source", "log", "override", "extension", "grant", "token", "audit", "draft",
        "note", "dropped", "traceback", "framework", "layer",
    }  # fmt: skip
    # A page that shows none of it would be clean too.
    assert expected - seen == set()


@pytest.mark.parametrize("path", READING)
def test_nothing_in_an_address_is_markup(path, client, course):
    signed_in(client, course, "ivan")
    text = probe("address")
    hostile = {name: text.replace("/", "%2F").replace("<", "%3C").replace(">", "%3E").replace('"', "%22").replace("#", "%23") for name in names_in(path)}
    query = dict.fromkeys(("next", "name", "sort", "order", "fit", "which", "page", "act", "done", "saved", "version", "template", "before", "after", "seen"), text)
    for where in (address(course, path), path.format(**hostile)):
        if where.endswith("/live"):
            continue
        answer = client.get(where, params=query, headers=HTML)
        assert answer.status_code < 500
        if answer.headers.get("content-type", "").startswith("text/html"):
            Markup(answer.text).assert_clean(path)
        assert text not in answer.headers.get("location", "")


FIELDS = ["points", "reason", "seen", "scope", "threshold", "boilerplate", "user", "role", "due_at", "extra", "per_day", "burst", "invitation", "text", "made_from", "note", "label", "days", "display_name", "language", "theme", "current", "password", "again", "name", "token", "next", "after", "dry_run", "confirmed", "template"]


@pytest.mark.parametrize("path", ACTING)
def test_nothing_in_a_form_that_comes_back_is_markup(path, client, course, as_it_was):
    """By the header of a program, which needs no proof: every field at once."""
    files = None
    if path.endswith("/roster"):
        files = {"file": (probe("name"), f"name,email\n{probe('cell')},x\n".encode())}
    elif path.endswith("/submissions"):
        files = {"file": (probe("name"), b"x = 1\n")}
    for value in (probe("field"), f"slug: {probe('yaml')!r}\ntitle: {probe('yaml')!r}\n{probe('yaml')}: 1\n"):
        answer = client.post(
            address(course, path), data=dict.fromkeys(FIELDS, value), files=files, headers=course.headers("ivan") | HTML
        )
        assert answer.status_code < 500
        if answer.headers.get("content-type", "").startswith("text/html"):
            Markup(answer.text).assert_clean(path)
        assert "xss-probe" not in answer.headers.get("location", "")


@pytest.mark.parametrize("path", ACTING)
@pytest.mark.parametrize("who", ["ivan", "ana"])
def test_no_form_is_taken_without_the_proof_that_this_session_was_given(path, who, client, course, as_it_was):
    """CSRF: of every address that changes something, whoever is signed in."""
    with TestClient(course.app, follow_redirects=False) as other:
        signed_in(other, course, who)
        foreign = csrf_of(other.get("/", headers=HTML).text)
    signed_in(client, course, who)
    own = csrf_of(client.get("/", headers=HTML).text)
    before = snapshot(course.engine)
    where = address(course, path)
    if path in BEFORE_SIGNING_IN:
        form = {"token": course.tokens["root"], "name": "root", "password": "x" * 12}
        sites = ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"})
        answers = [client.post(where, data=form, headers=HTML | site) for site in sites]
    else:
        answers = [
            *(client.post(where, data={"csrf": proof, "user": "ana"}, headers=HTML) for proof in ("", "0" * 64, foreign, "é")),
            client.post(where, headers=HTML),
            client.post(where, params={"csrf": own}, data={"user": "ana"}, headers=HTML),
            client.post(where, content=f'{{"csrf": "{own}"}}', headers=HTML | {"Content-Type": "text/plain"}),
            client.post(where, headers=HTML | {"X-CSRF-Token": foreign}),
        ]
    for answer in answers:
        assert (answer.status_code, "stale_form" in answer.text) == (403, True), answer.text[:300]
    assert snapshot(course.engine) == before


@pytest.mark.parametrize("path", READING)
def test_reading_changes_nothing(path, client, course):
    """So a link or a picture of another site does nothing, whoever follows it."""
    for who in ("ivan", "ana", "root"):
        signed_in(client, course, who)
        before = snapshot(course.engine)
        where = address(course, path)
        if not where.endswith("/live"):
            assert client.get(where, headers=HTML).status_code < 500
            assert snapshot(course.engine) == before, who


def test_pages_take_get_and_post_alone():
    """Whatever else would pass by the proof of a form."""
    assert {method for method, _ in page_routes()} == {"GET", "POST"}


CHANGING = [(m, p) for m, p in [*api_routes(), *page_routes()] if m in UNSAFE]
KINDS = ("application/json", "text/csv", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
FILE = b"--x\r\nContent-Disposition: form-data; name=file; filename=a.py\r\n\r\n"


class Endless:
    """A body that tells how much of it was read."""

    def __init__(self, kind, most):
        self.first, self.most, self.sent = FILE if "multipart" in kind else b" ", most, 0

    def __iter__(self):
        yield self.first
        while self.sent < self.most:
            self.sent += 65536
            yield b" " * 65536


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_no_address_reads_a_body_without_end(method, path, client, course, as_it_was):
    """Told how long it is, or not; as text, as a form, as a file; of whoever may do everything."""
    where = address(course, path, version=1)
    for kind in KINDS:
        headers = course.headers("root") | {"Content-Type": kind, "If-Match": "*"}
        told = client.request(method, where, content=b"x", headers=headers | {"Content-Length": str(10**12)})
        assert told.status_code == 413, kind
        body = Endless(kind, most=3 * course.settings.max_upload_bytes)
        answer = client.request(method, where, content=iter(body), headers=headers)
        assert answer.status_code < 500, (kind, answer.text)
        # Whoever looks at the body is stopped; who does not has not read it.
        assert answer.status_code >= 400 or body.sent < body.most, (kind, answer.status_code)
