from html.parser import HTMLParser

from graders.report import Failure, Report

VOID = {"meta", "link", "input", "br", "line", "circle", "polyline"}


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.styles = [], []

    def handle_starttag(self, tag, attrs):
        self.styles += [a for a in attrs if a[0] == "style" or a[0].startswith("on")]
        assert tag not in {"script", "style"}
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
    assert parser.styles == []


def test_the_report_page_shows_what_was_measured_and_escapes_the_source(world, report):
    submission_id = world.post().json()["id"]
    waiting = world.get(f"/submissions/{submission_id}").text
    assert 'http-equiv="refresh"' in waiting
    world.finish(submission_id, report, log="<b>loud</b>")
    answer = world.get(f"/submissions/{submission_id}")
    text = answer.text
    check_html(text)
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http-equiv" not in text
    for piece in ("93.3 %", "≥ 90.0 %", "passed", "Overfitting", "polyline", "stroke-dasharray", "2.13.0"):
        assert piece in text
    assert "&lt;script&gt;" in text
    assert "&lt;b&gt;loud" in text
    assert "test accuracy" not in text
    assert "test accuracy" in world.get(f"/submissions/{submission_id}", "grace").text


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


def test_signing_in_sets_a_cookie_that_opens_pages_and_not_the_api(world):
    client = world.client
    check_html(client.get("/").text)
    assert client.post("/login", data={"token": "lmk_wrong"}).status_code == 401
    answer = client.post("/login", data={"token": world.tokens["ana"]})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    world.post()
    home = client.get("/").text
    check_html(home)
    assert "Iris, one layer" in home
    assert client.get("/api/v1/assignments").status_code == 401
    client.post("/logout")
    assert "Sign in" in client.get("/").text


def test_pages_answer_errors_as_pages(world):
    html = {"Accept": "text/html"}
    assert world.client.get("/submissions/x", headers=html).headers["location"] == "/"
    missing = world.get("/submissions/x", headers=html)
    assert missing.status_code == 404
    check_html(missing.text)
    assert world.client.get("/static/labmark.css").status_code == 200
