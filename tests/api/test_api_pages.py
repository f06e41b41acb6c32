import re
from html.parser import HTMLParser

import pytest

from api.dashboard.assets import VENDOR_FOLDER, MissingAssetsError, check_assets
from graders.report import Failure, Report
from store import repository
from store.engine import transaction

VOID = {"meta", "link", "input", "br", "line", "circle", "polyline"}
HTML = {"Accept": "text/html"}


class Balanced(HTMLParser):
    """Tags close, and nothing is inline that the content security policy would have to allow."""

    def __init__(self):
        super().__init__()
        self.open, self.inline = [], []

    def handle_starttag(self, tag, attrs):
        self.inline += [a for a in attrs if a[0] == "style" or a[0].startswith(("on", "hx-on"))]
        given = dict(attrs)
        if tag == "style" or (tag == "script" and not given.get("src") and given.get("type") != "application/json"):
            self.inline.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def check_html(text):
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert parser.inline == []


def sign_in(world, who):
    client = world.client
    client.cookies.clear()
    assert client.post("/login", data={"token": world.tokens[who]}).status_code == 303
    return client


def csrf_of(text):
    return re.search(r'name="csrf" value="(\w+)"', text)[1]


@pytest.fixture
def graded(world, report):
    """A submission of ana's with a report."""
    submission_id = world.post().json()["id"]
    world.finish(submission_id, report)
    return submission_id


# Who may see what: everybody that the conftest knows, on every page.
PAGES = {
    "/": {"ana": 200, "dan": 200, "grace": 200, "ivan": 200, "olga": 200, "root": 200},
    "/courses/ml": {"ana": 200, "dan": 200, "grace": 200, "ivan": 200, "olga": 404, "root": 200},
    "/courses/nowhere": {"ana": 404, "ivan": 404, "root": 404},
    "/assignments/iris": {"ana": 200, "dan": 200, "grace": 200, "ivan": 200, "olga": 404, "root": 200},
    "/assignments/nowhere": {"ana": 404, "ivan": 404},
    "/submissions/{id}": {"ana": 200, "dan": 404, "grace": 200, "ivan": 200, "olga": 404, "root": 200},
    "/submissions/{id}/live": {"ana": 200, "dan": 404, "grace": 200, "ivan": 200, "olga": 404},
    "/submissions/{id}/report": {"ana": 200, "dan": 404, "grace": 200, "ivan": 200, "olga": 404},
    "/courses/ml/people": {"ana": 403, "grace": 403, "ivan": 200, "olga": 404, "root": 200},
    "/courses/ml/audit": {"ana": 403, "grace": 403, "ivan": 200, "olga": 404, "root": 200},
    "/audit": {"ana": 403, "ivan": 403, "olga": 403, "root": 200},
    "/new-course": {"ana": 403, "grace": 403, "ivan": 403, "root": 200},
    "/account": {"ana": 200, "ivan": 200, "root": 200},
    "/queue": {"ana": 403, "dan": 403, "grace": 200, "ivan": 200, "olga": 200, "root": 200},
    "/queue/rows": {"ana": 403, "ivan": 200, "olga": 200},
}


@pytest.mark.parametrize(("path", "who", "status"), [(p, w, s) for p, m in PAGES.items() for w, s in m.items()])
def test_every_page_opens_for_its_readers_and_nobody_else(world, graded, path, who, status):
    answer = sign_in(world, who).get(path.format(id=graded), headers=HTML)
    assert answer.status_code == status
    check_html(answer.text)
    if status != 200:
        assert "Sign out" in answer.text
        assert "Machine learning" not in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/submissions/{id}/live"])
def test_who_has_not_signed_in_is_asked_to_and_comes_back(world, graded, path):
    path = path.format(id=graded)
    answer = world.client.get(path, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={path}")
    back = world.client.post("/login", data={"token": world.tokens["ana"], "next": path})
    assert back.headers["location"] == path


def test_a_form_sent_after_the_session_ended_leads_to_signing_in(world):
    answer = world.client.post("/assignments/iris/submissions", files={"file": ("a.py", b"x")}, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "x\n"])
def test_signing_in_never_leads_to_another_site(world, elsewhere):
    answer = world.client.post("/login", data={"token": world.tokens["ana"], "next": elsewhere})
    assert answer.headers["location"] == "/"


def test_signing_in_opens_a_session_that_signing_out_ends_for_good(world):
    client = world.client
    check_html(client.get("/login").text)
    assert client.post("/login", data={"token": "lmk_wrong"}).status_code == 401
    other_site = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/login", data={"token": world.tokens["ana"]}, headers=other_site).status_code == 403
    cookie = client.post("/login", data={"token": world.tokens["ana"]}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    secret = client.cookies["lmk"]
    assert not secret.startswith("lmk_")
    home = client.get("/").text
    assert secret not in home
    assert client.get("/api/v1/assignments").status_code == 401
    assert client.get("/login").headers["location"] == "/"
    assert client.post("/logout", data={"csrf": csrf_of(home)}).status_code == 303
    client.cookies.set("lmk", secret)
    assert client.get("/", headers=HTML).headers["location"] == "/login?next=/"


def test_a_revoked_token_ends_the_sessions_that_it_opened(world):
    client = sign_in(world, "ana")
    with transaction(world.engine) as session:
        repository.revoke_token(session, world.tokens["ana"])
    assert client.get("/", headers=HTML).status_code == 303
    assert client.get("/queue/rows", headers={"HX-Request": "true"}).headers["hx-redirect"] == "/login"


def test_forms_need_the_proof_that_one_of_our_pages_made_them(world):
    client = sign_in(world, "ana")
    files = {"file": ("lab.py", b"def train(lab): ...\n")}
    for data in ({}, {"csrf": "0" * 64}, {"csrf": "é"}):
        assert client.post("/logout", data=data).status_code == 403
        assert client.post("/assignments/iris/submissions", data=data, files=files).status_code == 403
    assert client.post("/logout", headers={"X-CSRF-Token": csrf_of(client.get("/").text)}).status_code == 303


def test_a_file_is_handed_in_through_the_form(world):
    client = sign_in(world, "ana")
    data = {"csrf": csrf_of(client.get("/assignments/iris").text)}

    def send(name, content, path="/assignments/iris/submissions"):
        return client.post(path, data=data, files={"file": (name, content)}, headers=HTML)

    done = send("lab.py", b"def train(lab): ...\n")
    assert done.status_code == 303
    page = client.get(done.headers["location"]).text
    check_html(page)
    assert "Waiting in the queue: place 1" in page
    assert [sent[0] for sent in world.broker.sent] == ["labmark.run"]
    refused = send("lab.exe", b"MZ")
    assert refused.status_code == 422
    check_html(refused.text)
    assert "ends in neither .py nor .ipynb" in refused.text
    assert "Your submissions (1)" in refused.text
    assert send("lab.py", b"x", "/assignments/nowhere/submissions").status_code == 404


def test_the_report_page_shows_what_was_measured_and_escapes_the_source(world, report):
    submission_id = world.post().json()["id"]
    waiting = world.get(f"/submissions/{submission_id}").text
    assert 'http-equiv="refresh"' in waiting
    assert f'sse-connect="/submissions/{submission_id}/live"' in waiting
    world.finish(submission_id, report, log="<b>loud</b>")
    answer = world.get(f"/submissions/{submission_id}")
    text = answer.text
    check_html(text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy
    for absent in ("http-equiv", "sse-connect", "test accuracy"):
        assert absent not in text
    for piece in ("93.3 %", "≥ 90.0 %", "passed", "Overfitting", "polyline", "stroke-dasharray", "2.13.0"):
        assert piece in text
    assert "&lt;script&gt;" in text
    assert "&lt;b&gt;loud" in text
    assert "test accuracy" in world.get(f"/submissions/{submission_id}", "grace").text


def test_a_watcher_of_what_is_done_is_told_so_at_once(world, graded):
    answer = world.get(f"/submissions/{graded}/live")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = re.findall(r"event: (\w+)", answer.text)
    assert events == ["state", "end"]
    assert "Graded" in answer.text


def test_a_failure_is_told_with_its_line(world):
    failure = Failure(
        code="raised", parameters={"exception": "ValueError", "message": "<x>"}, line=2, traceback="T"
    )
    report = Report(outcome="failed", points=0, max_points=10, criteria=(), failure=failure)
    submission_id = world.post().json()["id"]
    world.finish(submission_id, report)
    found = world.get(f"/api/v1/submissions/{submission_id}").json()
    assert (found["state"], found["failure"]["line"]) == ("failed", 2)
    text = world.get(f"/submissions/{submission_id}").text
    check_html(text)
    assert 'id="L2" class="here"' in text
    assert "ValueError: &lt;x&gt;" in text


def test_students_see_points_that_are_theirs_to_see(world, graded):
    """One criterion is for staff: its points are neither in the list nor in the best result."""
    for path in ("/", "/courses/ml", "/assignments/iris"):
        text = world.get(path).text
        assert "4 of 4" in text or "4</strong>" in text or "4 of 10" in text
        assert "9 of" not in text
        assert "dan" not in text
    assert "9 of 10" in world.get("/", "ivan").text


def test_staff_see_every_student_in_the_order_they_ask_for(world, graded):
    text = world.get("/assignments/iris", "ivan").text
    check_html(text)
    assert "<script>alert" not in text
    for piece in ("ana", "dan", "nothing yet", "0.0 %", "6.7 %", "+6.7 %", "Overfitting", 'data-figure="scatter'):
        assert piece in text
    names = re.compile(r'<th role="rowheader" scope="row">(?:<a href="[^"]*">)?(\w+)')
    orders = {("name", "asc"): ["ana", "dan"], ("name", "desc"): ["dan", "ana"], ("points", "asc"): ["ana", "dan"]}
    for (sort, order), expected in orders.items():
        page = world.get(f"/assignments/iris?sort={sort}&order={order}", "ivan").text
        assert names.findall(page) == expected
        assert f'aria-sort="{order}ending"' in page
    assert world.get("/assignments/iris?sort=' OR 1&order=x", "ivan").status_code == 200
    # Of a later submission without a model, and of one that waits, the first is the one that counts.
    world.post()
    assert "a newer one: waiting" in world.get("/assignments/iris", "ivan").text


def test_a_students_name_is_no_markup_in_the_chart(world, graded):
    with transaction(world.engine) as session:
        repository.user_by_name(session, "ana").display_name = "</script><a href='https://x'>Ana</a>"
    text = world.get("/assignments/iris", "ivan").text
    check_html(text)
    assert "<a href='https" not in text
    assert "\\u0026lt;/script" in text


def test_the_queue_shows_what_runs_and_that_no_worker_is_there(world):
    world.post()
    text = world.get("/queue", "ivan").text
    check_html(text)
    for piece in ("ana", "Waiting", "unreachable", 'hx-trigger="every 2s"'):
        assert piece in text
    assert "ana" not in world.get("/queue", "olga").text.replace("instana", "")


def test_scripts_and_styles_are_ours_and_kept_by_the_browser(world, graded):
    page = world.get("/assignments/iris", "ivan").text
    for address in re.findall(r'(?:href|src)="(/(?:static|assets)/[^"]+)"', page):
        answer = world.client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert world.client.get("/static/labmark.css").headers["cache-control"] == "no-store"
    assert len(world.client.get("/assets/plotly.js", headers={"Accept-Encoding": ""}).content) > 1_000_000


def test_missing_scripts_are_told_by_name_with_what_to_do(monkeypatch, tmp_path):
    check_assets()
    assert VENDOR_FOLDER.is_dir()
    monkeypatch.setattr("api.dashboard.assets.VENDOR_FOLDER", tmp_path)
    with pytest.raises(MissingAssetsError, match=r"htmx-2\.min\.js.*labmark-server assets"):
        check_assets()


def test_pages_answer_errors_as_pages(world):
    missing = world.get("/submissions/x", headers=HTML)
    assert missing.status_code == 404
    check_html(missing.text)
    unknown = world.client.get("/no/such/page", headers=HTML)
    assert unknown.status_code == 404
    check_html(unknown.text)


def test_an_administrator_opens_a_course_and_comes_to_its_people(world):
    client = sign_in(world, "root")
    assert 'href="/new-course"' in client.get("/").text
    form = {"csrf": csrf_of(client.get("/new-course").text), "title": "Deep learning", "slug": "Deep Learning"}
    refused = client.post("/new-course", data=form)
    assert refused.status_code == 422
    assert "Short name: 1 to 64 small letters" in refused.text
    assert 'value="Deep learning"' in refused.text
    taken = client.post("/new-course", data={**form, "slug": "ml"})
    assert taken.status_code == 409
    assert "Another course has this short name" in taken.text
    opened = client.post("/new-course", data={**form, "slug": "deep"})
    assert (opened.status_code, opened.headers["location"]) == (303, "/courses/deep/people?done=opened")
    assert "The course is open." in client.get(opened.headers["location"]).text
    assert "Deep learning" in client.get("/").text


def test_nobody_else_opens_a_course(world):
    client = sign_in(world, "ivan")
    home = client.get("/").text
    assert "/new-course" not in home
    form = {"csrf": csrf_of(home), "title": "Mine", "slug": "mine"}
    assert client.post("/new-course", data=form).status_code == 403
    assert client.get("/courses/mine", headers=HTML).status_code == 404
