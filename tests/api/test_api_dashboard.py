"""What the pages of a course show, and to whom."""

import re
import struct
import zlib

import pytest

from api.dashboard.charts.confusion import confusion_table
from api.dashboard.charts.curve import draw_curve
from api.dashboard.charts.pass_rates import pass_rates
from api.dashboard.charts.score_histogram import counted, score_histogram
from api.dashboard.charts.sparkline import sparkline
from api.dashboard.pages.asked import asked_table
from api.dashboard.pages.paging import paged
from api.dashboard.pages.standing import statistics_of
from api.dashboard.pictures import grey_png
from graders.report import CurvePoint, Message
from store import repository
from store.engine import transaction

HTML = {"Accept": "text/html"}


@pytest.fixture
def graded(world, report):
    submission_id = world.post().json()["id"]
    world.finish(submission_id, report)
    return submission_id


def sign_in(world, who):
    world.client.cookies.clear()
    world.client.post("/login", data={"token": world.tokens[who]})
    return re.search(r'name="csrf" value="(\w+)"', world.client.get("/settings").text)[1]


def test_who_is_overfitting_is_two_clicks_from_the_start_page(world, graded):
    home = world.get("/", "ivan").text
    course = world.get(re.search(r'href="(/courses/ml)"', home)[1], "ivan").text
    chip = re.search(r'class="chip" href="(/assignments/iris\?fit=overfitting[^"]*)"', course)[1]
    shown = world.get(chip, "ivan").text
    table = shown[shown.index('id="students"') :]
    assert f"/submissions/{graded}" in table
    assert "nothing yet" not in table


def test_a_course_says_what_needs_a_person(world, report):
    flagged = report.model_copy(update={"flags": (Message(code="integrity.control_failed"),)})
    for who, outcome in (("ana", flagged), ("dan", None)):
        submission_id = world.post(who, source=f"def train(lab): return '{who}'\n").json()["id"]
        if outcome is not None:
            world.finish(submission_id, outcome)
            continue
        with transaction(world.engine) as session:
            run = repository.submission_details(session, submission_id).run
            claim = repository.claim(session, run.id)
            repository.mark_errored(session, run.id, claim.attempt, "the runner went away")
    page = world.get("/courses/ml", "grace").text
    attention = page[page.index('id="attention"') : page.index('id="activity"')]
    assert attention.index("our fault") < attention.index("flagged")
    assert "2</strong> submissions handed in" in page
    assert "Needs attention" not in world.get("/courses/ml").text


def test_the_table_of_students_is_filtered_sorted_and_cut_into_pages(world, graded):
    def students(query):
        text = world.get(f"/assignments/iris?{query}", "ivan").text
        return re.findall(r'<th role="rowheader" scope="row">(?:<a href="[^"]*">)?(\w+)', text)

    assert students("which=none") == ["dan"]
    assert students("which=handed_in") == ["ana"]
    assert students("fit=underfitting") == []
    assert students("name=AN&sort=name&order=desc") == ["dan", "ana"]
    assert students("name=%3Cscript%3E") == []
    assert students("page=99999999999&sort=' OR 1") == ["ana", "dan"]
    assert "&lt;script&gt;" in world.get("/assignments/iris?name=%3Cscript%3E", "ivan").text


def test_what_an_address_asks_wrongly_is_not_asked():
    asked = asked_table(sort="x", order="up", fit="thin", which="all", name=" a " * 100, page="-1")
    assert (asked.sort, asked.order, asked.fit, asked.which, asked.page) == ("name", "asc", None, None, 1)
    assert len(asked.name) == 100


def test_pages_of_a_list_lead_to_each_other():
    shown, paging = paged(list(range(120)), 2, {"sort": "gap"}, size=50, anchor="#students")
    assert (shown[0], shown[-1], paging.first, paging.last, paging.count) == (50, 99, 51, 100, 120)
    assert paging.previous == "?sort=gap&page=1#students"
    assert paged(list(range(120)), 9, {}, size=50)[1].following is None
    assert paged([], 1, {})[1].pages == 1


def test_statistics_of_points():
    found = statistics_of([0, 40, 60, 100, 100], 100)
    assert (found.n, found.mean, found.median, found.least, found.most) == (5, 60, 60, 0, 100)
    assert (found.zeros, found.full_marks) == (1, 2)
    assert found.sd == pytest.approx(42.426, abs=1e-3)
    assert statistics_of([], 100) is None
    assert statistics_of([5], 100).sd is None


def test_every_student_is_in_one_bin_of_the_distribution():
    points = [0, 9.99, 10, 55, 99.9, 100, 100]
    assert counted(points, 100) == (2, 1, 0, 0, 0, 1, 0, 0, 0, 3)
    chart = score_histogram(points, 100, "en")
    assert sum(chart.figure["data"][0]["y"]) == len(points)
    assert "90 to 100, with 3 students" in chart.description
    assert score_histogram([], 100, "en") is None


def test_verdicts_are_counted_by_criterion_and_told_by_pattern_too():
    chart = pass_rates([{"gap": "passed"}, {"gap": "failed"}, {"gap": "passed", "accuracy": "partial"}], ["gap", "accuracy"], "en")
    assert chart.rows[0].students == {"passed": 2, "partial": 0, "failed": 1, "not_graded": 0}
    assert "accuracy: 0.0 % pass it" in chart.description
    patterns = [trace["marker"]["pattern"]["shape"] for trace in chart.figure["data"]]
    assert len(set(patterns)) == len(patterns)
    assert pass_rates([], ["gap"], "en") is None


def test_a_confusion_says_what_is_taken_for_what():
    table = confusion_table([[8, 2], [0, 10]], ["cat", "dog"], part="test", language="en")
    assert table.description == "Most often: cat taken for dog (2)."
    assert table.recalls == (0.8, 1.0)
    assert table.rows[0][1].shade > table.rows[1][0].shade == 0
    assert confusion_table([[1]], [], part="test", language="ro").description.startswith("Toate rândurile")


def test_a_curve_shows_where_overfitting_begins():
    points = tuple(CurvePoint(epoch=e, training_error=0.5 / e, validation_error=abs(e - 4) / 10) for e in range(1, 9))
    drawing = draw_curve(points, "en", onset_epoch=4)
    assert drawing.onset_x == drawing.best_x
    assert "After epoch 4 the model overfits" in drawing.summary
    assert draw_curve(points, "ro").onset_x is None


def test_a_sparkline_keeps_within_its_place():
    line = sparkline([0, 3, 9], "words")
    assert all(bar.y >= 0 and bar.y + bar.height <= line.height for bar in line.bars)
    assert line.bars[-1].x + line.bar == line.width


def decoded(png):
    """(width, height, pixels) by the letter of the PNG specification, checksums and all."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        name, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(name + data)
        chunks[name], at = data, at + 12 + length
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    rows = zlib.decompress(chunks[b"IDAT"])
    lines = [rows[start + 1 : start + 1 + width] for start in range(0, len(rows), width + 1)]
    return width, height, b"".join(lines)


def test_pictures_are_png():
    assert decoded(grey_png(bytes(range(6)), height=2, width=3)) == (3, 2, bytes(range(6)))


def test_misread_pictures_are_for_whoever_may_read_the_submission(world, graded):
    misread = repository.Misread(height=2, width=2, labels=(0, 2), predicted=(1, 0), pictures=(b"\0\1\2\3", b"\4\5\6\7"))
    assert "misread" not in world.get(f"/submissions/{graded}").text
    with transaction(world.engine) as session:
        repository.put_misread(session, repository.submission_details(session, graded).run.id, misread)
    address = f"/submissions/{graded}/misread/1.png"
    assert address in world.get(f"/submissions/{graded}").text
    for who, status in {"ana": 200, "grace": 200, "dan": 404, "olga": 404}.items():
        assert world.get(address, who).status_code == status
    picture = world.get(address)
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["cache-control"].startswith("private")
    assert decoded(picture.content) == (2, 2, b"\4\5\6\7")
    for number in ("2", "-1", "x"):
        assert world.get(f"/submissions/{graded}/misread/{number}.png").status_code in {404, 422}
    assert world.client.get(address, headers=HTML).status_code == 303


def test_staff_go_from_student_to_student(world, graded):
    other = world.post("dan", source="def train(lab): return 1\n").json()["id"]
    first, second = (world.get(f"/submissions/{found}", "grace").text for found in (graded, other))
    assert f'rel="next" class="button" href="/submissions/{other}"' in first
    assert 'rel="prev"' not in first
    assert f'rel="prev" class="button" href="/submissions/{graded}"' in second
    assert 'rel="next"' not in second
    assert "neighbours" not in world.get(f"/submissions/{graded}").text


def test_language_and_theme_are_chosen_and_kept(world):
    csrf = sign_in(world, "ana")
    assert world.client.post("/settings", data={"language": "ro", "theme": "dark"}).status_code == 403
    done = world.client.post("/settings", data={"csrf": csrf, "language": "ro", "theme": "dark"})
    assert done.headers["location"] == "/settings?saved=true"
    page = world.client.get("/settings", headers={"Accept-Language": "en"}).text
    assert '<html lang="ro" data-theme="dark">' in page
    assert "Limba" in page
    world.client.post("/settings", data={"csrf": csrf, "language": "xx", "theme": "<b>"})
    assert '<html lang="en">' in world.client.get("/settings", headers={"Accept-Language": "en"}).text


def test_a_student_sees_what_is_due_and_no_more(world, graded):
    page = world.get("/courses/ml").text
    assert "1 submission." in page
    assert "You may hand in as often as you like." in page
    for absent in ("dan", "Needs attention", "Overfitting"):
        assert absent not in page
    assert world.get("/assignments/iris/leaderboard", headers=HTML).status_code == 404


def test_a_student_sees_their_own_due_date(world):
    with transaction(world.engine) as session:
        assignment = repository.assignment_by_slug(session, "iris")
        people = {name: repository.user_by_name(session, name).id for name in ("ana", "ivan")}
        repository.move_due_date(session, assignment_id=assignment.id, due_at=1.7e9, author_id=people["ivan"])
        repository.set_extension(
            session, assignment_id=assignment.id, user_id=people["ana"], due_at=4e9, reason="ill", author_id=people["ivan"]
        )
    for path in ("/courses/ml", "/assignments/iris"):
        assert "2 Oct 2096" in world.get(path).text
        assert "extended for you" in world.get(path).text
        assert "that is over" in world.get(path, "dan").text


def test_staff_stop_a_run_from_the_queue(world):
    submission_id = world.post().json()["id"]
    csrf = sign_in(world, "grace")
    data = {"csrf": csrf, "after": "/queue"}
    done = world.client.post(f"/submissions/{submission_id}/cancel", data=data)
    assert (done.status_code, done.headers["location"]) == (303, "/queue")
    assert world.get(f"/api/v1/submissions/{submission_id}").json()["state"] == "cancelled"
    elsewhere = world.client.post(f"/submissions/{submission_id}/cancel", data=data | {"after": "https://x"})
    assert elsewhere.status_code == 422
