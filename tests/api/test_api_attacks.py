"""What a clever, bored student tries on the API: refused, quickly, and with nothing changed or told."""

from __future__ import annotations

import io
import json
import time
import zipfile
import zlib

import numpy as np
import pytest
from test_api_submissions import problem

from api.secure_headers import SECURITY_HEADERS
from store import repository

HAND_IN = "/api/v1/assignments/iris/submissions"
DATASETS = "/api/v1/courses/ml/datasets"
QUICK_S = 5.0


@pytest.fixture
def quickly():
    """However it ends, it ends soon."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < QUICK_S


def send_json(world, method, path, text):
    headers = world.headers("ivan") | {"Content-Type": "application/json", "If-Match": "*"}
    return world.client.request(method, path, content=text, headers=headers)


def send_dataset(world, content, filename="x.npz", name="x"):
    return world.client.post(
        DATASETS, files={"file": (filename, content)}, data={"name": name}, headers=world.headers("ivan")
    )


def test_another_site_cannot_act_through_a_browsers_cookie(world):
    """CSRF: the API takes the Authorization header alone."""
    world.client.post("/login", data={"token": world.tokens["ivan"]})
    assert world.client.cookies
    assert world.client.get("/queue").status_code == 200
    for method, path in (("GET", "/api/v1/me"), ("PATCH", "/api/v1/assignments/iris"), ("POST", HAND_IN)):
        problem(world.client.request(method, path), 401, "unauthenticated")


def test_no_answer_lets_another_site_read_it(world):
    answer = world.client.options(
        "/api/v1/me", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    )
    read = world.client.get("/api/v1/me", headers=world.headers() | {"Origin": "https://evil.example"})
    for found in (answer, read):
        assert not [name for name in found.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", ["", "/log", "/report", "/feedback", "/runs"])
def test_what_a_student_wrote_is_never_html(path, world, report):
    """XSS: the type of each answer is said, browsers are told to believe it, and nothing inline would run."""
    script = "<script>alert(1)</script>"
    submission_id = world.post(source=f"# {script}\n", filename=f"{script}.py").json()["id"]
    world.finish(submission_id, report, log=script)
    answer = world.get(f"/api/v1/submissions/{submission_id}{path}", headers={"Accept": "text/html"})
    assert answer.headers["content-type"].partition(";")[0] in {"application/json", "text/plain"}
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_a_problem_that_quotes_the_address_is_no_html_either(world):
    answer = world.client.get("/api/v1/<script>alert(1)</script>", headers={"Accept": "text/html"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/assignments/..%2f..%2fetc%2fpasswd", "/api/v1/assignments/../../../etc/passwd",
        "/api/v1/assignments/iris/starters/..%2f..%2fwords.py", "/api/v1/assignments/iris/starters/%2e%2e",
        "/static/../api/errors.py", "/static/..%2f..%2fapi%2ferrors.py", "/static//etc/passwd",
        "/api/v1/courses/ml/datasets/..%2f..%2fx", "/api/v1/runs/..%2f..%2fx/log",
    ],
)  # fmt: skip
def test_no_address_leads_out_of_where_it_should(path, world):
    answer = world.get(path, "root")
    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert "import" not in answer.text


@pytest.mark.parametrize("name", ["../x", "a/b", "..", "a\x00b", "%2e%2e", "x" * 65, "", "ă"])
def test_a_data_set_has_no_name_that_is_a_path(name, world):
    problem(send_dataset(world, b"a,b\n1,2\n", "x.csv", name=name), 422, "validation_failed")


@pytest.mark.parametrize(
    "path",
    ["/api/v1/assignments/%00", "/api/v1/submissions/%00", "/api/v1/courses/%00", "/api/v1/runs/a%00b", "/api/v1/jobs/%00/"],
)
def test_nul_in_an_address_reaches_no_database(path, world):
    assert world.get(path, "root").status_code in {404, 422}


@pytest.mark.parametrize("path", ["/submissions/a%00b", "/assignments/%00", "/courses/%00"])
def test_nul_in_the_address_of_a_page_is_no_fault_of_ours(path, world):
    assert world.get(path, "root", headers={"Accept": "text/html"}).status_code in {404, 422}


TAKES_JSON = (
    ("POST", HAND_IN), ("POST", "/api/v1/assignments/validate"), ("POST", "/api/v1/assignments/iris/what-if"),
    ("PUT", "/api/v1/assignments/iris/spec"), ("PATCH", "/api/v1/assignments/iris"),
    ("POST", "/api/v1/assignments/iris/similarity"), ("PUT", "/api/v1/assignments/iris/quotas/ana"),
)  # fmt: skip


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    "text",
    [
        b"[" * 200_000, b'{"a":' * 100_000, b'{"a":' + b"9" * 500_000 + b"}", b'{"slug": "\xff"}', b'{"a": 1e999999}',
        b'{"due_at": NaN}', b"", b"null", b"[]", b'"\\ud800"', b'{"reason": "\\u0000\\u0000\\u0000"}',
    ],
    ids=["brackets", "braces", "digits", "latin", "infinity", "nan", "empty", "null", "list", "surrogate", "nul"],
)  # fmt: skip
def test_json_that_hurts_its_reader_is_refused(text, world):
    for method, path in TAKES_JSON:
        answer = send_json(world, method, path, text)
        assert 400 <= answer.status_code < 500 or (path.endswith("/validate") and not answer.json()["valid"]), path


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("path", ["/api/v1/assignments/validate", "/api/v1/assignments/iris/what-if"])
@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))]),
        "a: &a [*a]",
        "!!python/object/apply:os.system ['touch /tmp/owned']",
        "- " * 50_000,
        "{" * 50_000,
    ],
    ids=["a billion laughs", "itself", "an object", "deep", "braces"],
)
def test_yaml_that_hurts_its_reader_is_refused(path, text, world):
    headers = world.headers("ivan") | {"Content-Type": "application/yaml"}
    answer = world.client.post(path, content=text.encode(), headers=headers)
    assert answer.status_code in {413, 422} or not answer.json()["valid"]


@pytest.mark.usefixtures("quickly")
def test_an_archive_that_unpacks_to_gigabytes_is_refused_unread(world):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("x.npy", "y.npy"):
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(
                header, {"descr": "<f8", "fortran_order": False, "shape": (2**27, 1)}
            )
            with archive.open(name, "w") as member:
                member.write(header.getvalue())
                for _ in range(64):
                    member.write(bytes(2**20))
    problem(send_dataset(world, out.getvalue()), 422, "dataset_invalid")


@pytest.mark.usefixtures("quickly")
def test_a_pickle_in_an_archive_is_not_opened(world):
    class Evil:
        def __reduce__(self):
            raise AssertionError("opened")

    out = io.BytesIO()
    objects = np.empty(1, dtype=object)
    objects[0] = print
    np.savez(out, x=objects, y=np.array([0]))
    problem(send_dataset(world, out.getvalue()), 422, "dataset_invalid")


@pytest.mark.usefixtures("quickly")
def test_a_compressed_body_is_not_unpacked(world):
    bomb = zlib.compress(bytes(200 * 2**20), 9)
    headers = world.headers() | {"Content-Type": "application/json", "Content-Encoding": "deflate"}
    problem(world.client.post(HAND_IN, content=bomb, headers=headers), 400, "bad_request")


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("cells", [20_000, 1])
def test_a_notebook_that_is_all_padding_is_refused(cells, world):
    cell = {"cell_type": "code", "source": "# labmark\n" + "x = 1\n" * (900_000 // 6 // cells)}
    notebook = json.dumps({"cells": [cell] * cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})
    answer = world.post(source=notebook, filename="a.ipynb")
    assert answer.status_code in {201, 413, 422}


@pytest.mark.parametrize(
    ("method", "path", "who"),
    [
        ("PUT", "/api/v1/assignments/iris/quotas/ana", "ivan"), ("POST", "/api/v1/courses", "root"),
        ("POST", HAND_IN, "ana"), ("PUT", "/api/v1/assignments/iris/spec", "ivan"), ("POST", DATASETS, "ana"),
    ],
)  # fmt: skip
def test_a_body_without_end_is_cut_off_whoever_reads_it(method, path, who, world):
    sent = []

    def endless():
        for _ in range(400):
            sent.append(1)
            yield b" " * 65536

    headers = world.headers(who) | {"Content-Type": "application/json"}
    answer = world.client.request(method, path, content=endless(), headers=headers)
    assert answer.status_code in {404, 413, 415}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_form_of_a_thousand_parts_is_refused(world):
    files = [("file", (f"{n}.py", b"x = 1\n")) for n in range(1000)]
    problem(world.client.post(HAND_IN, files=files, headers=world.headers()), 400, "bad_request")
    fields = {f"f{n}": "x" for n in range(1000)}
    file = {"file": ("a.py", b"x = 1\n")}
    problem(world.client.post(HAND_IN, files=file, data=fields, headers=world.headers()), 400, "bad_request")


@pytest.mark.parametrize("token", ["", " ", "lmk_", "lmk_" + "x" * 100_000, "lmk_ă", "a\x00b", "null", "Bearer"])
def test_a_token_that_is_none_opens_nothing(token, world):
    headers = {"Authorization": f"Bearer {token}".encode()}
    problem(world.client.get("/api/v1/me", headers=headers), 401, "unauthenticated")


@pytest.mark.parametrize("scheme", ["Basic", "Token", "bearer\t", ""])
def test_a_token_in_another_place_opens_nothing(scheme, world):
    token = world.tokens["ivan"]
    problem(world.client.get("/api/v1/me", headers={"Authorization": f"{scheme} {token}".strip()}), 401, "unauthenticated")
    problem(world.client.get(f"/api/v1/me?token={token}&access_token={token}"), 401, "unauthenticated")


def test_an_unexpected_error_tells_nothing_and_is_guarded_as_any_answer(world, monkeypatch):
    world.client._transport.raise_server_exceptions = False
    monkeypatch.setattr(repository, "course_roles", lambda *_: 1 / 0)
    answer = world.get("/api/v1/me")
    problem(answer, 500, "internal_error")
    assert "division" not in answer.text
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert answer.headers["x-request-id"]


def test_a_method_that_is_not_there_is_told_which_are(world):
    answer = world.client.delete("/api/v1/assignments/iris")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, PATCH"
    assert world.client.put("/api/v1/submissions").headers["allow"] == "GET, HEAD"
