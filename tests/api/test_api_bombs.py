"""Files that are small to send and large to read, to every address that takes a file or a document."""

from __future__ import annotations

import csv
import gzip
import io
import json
import resource
import time
import zipfile

import numpy as np
import pytest
from every_route import UNSAFE, api_routes, page_routes
from seeded_course import seeded_course, snapshot

from api.app import create_app
from store import models
from store.engine import transaction
from store.settings import Settings

HTML = {"Accept": "text/html"}
MIB = 2**20
# Of a processor, for one request; the machine may be busy with others.
MOST_CPU_S, MOST_MEMORY_BYTES = 4.0, 300 * MIB


def file_form(field="file", name="a.py", **data):
    return lambda bomb: {"files": {field: (name, bomb)}, "data": data}


def document(kind):
    return lambda bomb: {"content": bomb, "headers": {"Content-Type": kind, "If-Match": "*"}}


def text_form(bomb):
    return {"data": {"text": bomb.decode("utf-8", "replace"), "made_from": "1", "note": "", "seen": ""}}


HAND_IN, ROSTER, DATASETS = "/assignments/lab/submissions", "/courses/ml/people/roster", "/api/v1/courses/ml/datasets"
SPEC = "/api/v1/assignments/lab/spec"
# (method, address) -> how a file or a document is sent there, in each way that it is taken.
UPLOADS = {
    ("POST", f"/api/v1{HAND_IN}"): [
        file_form(), file_form(name="a.ipynb"), document("application/json"),
        lambda bomb: {"json": {"filename": "a.ipynb", "source": bomb.decode("latin-1")}},
    ],
    ("POST", DATASETS): [
        lambda bomb: {"files": {"file": ("x.npz", bomb)}, "data": {"name": "x"}},
        lambda bomb: {"files": {"file": ("x.csv", bomb)}, "data": {"name": "x", "label_column": "y"}},
    ],
    ("POST", "/api/v1/courses/ml/roster"): [document("text/csv"), file_form(name="a.csv")],
    ("POST", "/api/v1/courses/ml/assignments"): [document("application/yaml"), document("application/json")],
    ("POST", "/api/v1/assignments/validate"): [document("application/yaml"), document("application/json")],
    ("POST", "/api/v1/assignments/lab/what-if"): [document("application/yaml"), document("application/json")],
    ("PUT", SPEC): [document("application/yaml"), document("application/json")],
    ("POST", HAND_IN): [file_form(), file_form(name="a.ipynb")],
    ("POST", ROSTER): [file_form(name="a.csv"), file_form(name="a.csv", dry_run="true")],
    ("POST", "/assignments/lab/spec/check"): [text_form],
    ("POST", "/assignments/lab/spec/what-if"): [text_form],
    ("POST", "/assignments/lab/spec/draft"): [text_form],
    ("POST", "/assignments/lab/spec/publish"): [text_form],
    ("POST", "/courses/ml/assignments/new/check"): [text_form],
    ("POST", "/courses/ml/assignments/new"): [text_form],
}  # fmt: skip


def zip_of(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def npy(shape, descr="'<f8'"):
    """A header that promises this shape, and no more than a few bytes behind it."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(64)


def notebook(*sources, **more):
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} | more for source in sources]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


def bombs():
    y = npy("(2,)", "'<i8'")
    laughs = "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))])
    return {
        "gzip": gzip.compress(bytes(200 * MIB)),
        "zip of zeros": zip_of(("x.npy", npy("(26214400, 1)") + bytes(200 * MIB)), ("y.npy", y)),
        "zip out of its folder": zip_of(("../../../tmp/owned.npy", npy("(2, 1)")), ("/etc/owned.npy", npy("(2, 1)")), ("x.npy", npy("(2, 1)")), ("y.npy", y)),
        "zip of many": zip_of(*((f"{n}.npy", b"x") for n in range(20_000))),
        "npz that promises much": zip_of(("x.npy", npy("(1099511627776, 1024)")), ("y.npy", y)),
        "npz of no end": zip_of(("x.npy", npy("(" * 20_000)), ("y.npy", y)),
        "npz of objects": zip_of(("x.npy", npy("(2,)", "'|O'")), ("y.npy", y)),
        "notebook of brackets": b"[" * 900_000,
        "notebook within itself": b'{"cells":' * 100_000,
        "notebook of cells": notebook(*["# labmark"] * 9_000),
        "notebook of parentheses": notebook("(" * 100_000, "-" * 100_000 + "1", "[" * 400_000),
        "notebook of outputs": notebook("x = 1", outputs=[{"data": {"image/png": "A" * 900_000}}]),
        "digits": b'{"a": ' + b"9" * 900_000 + b"}",
        "laughs": laughs.encode(),
        "itself": b"a: &a [*a]",
        "an object": b"!!python/object/apply:os.system ['touch /tmp/owned']",
        "dashes": b"- " * 30_000,
        "braces": b"{" * 60_000,
        "a name of names": b"? " * 30_000,
        "digits of yaml": b"a: " + b"9" * 60_000,
        "columns": b",".join(b"c%d" % n for n in range(150_000)) + b"\n" + b"1," * 150_000,
        "rows": b"name,email,y\n" + b"a,b@c.d,1\n" * 90_000,
        "one cell": b'name,email,y\n"' + b"x\n" * 400_000 + b'",b,1\n',
        "quotes": b"name,email,y\n" + b'"' * 900_001,
        "nul": b"name,email,y\n" + b"\x00" * 900_000,
        "utf-16": "name,email,y\nEva,e@x.org,1\n".encode("utf-16") * 10_000,
        "lines": b"\n" * 1_000_000,
        "spaces": b" " * 1_000_000 + b"x = 1",
    }  # fmt: skip


BOMBS = bombs()


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with seeded_course(tmp_path_factory.mktemp("bombs")) as seeded:
        yield seeded


def test_every_address_that_takes_a_file_or_a_document_is_in_the_table():
    paths = create_app(Settings(database_url="sqlite:///var/unused.sqlite3")).openapi()["paths"]
    taking = {
        (method, path)
        for method, path in api_routes()
        if {"multipart/form-data", "application/yaml", "text/csv"} & set(paths[path][method.lower()].get("requestBody", {}).get("content", {}))
    }
    taking |= {
        (method, path)
        for method, path in page_routes()
        if method in UNSAFE and path.endswith(("/{slug}/submissions", "/roster", "/check", "/what-if", "/draft", "/publish", "/assignments/new"))
    }
    named = {
        (method, path.replace("/assignments/{slug}", "/assignments/lab").replace("{course}", "ml").replace("/courses/{slug}", "/courses/ml"))
        for method, path in taking
    }
    assert named == set(UPLOADS)


@pytest.mark.parametrize(("method", "path"), UPLOADS)
def test_what_is_small_to_send_is_small_to_read(method, path, client, course, as_it_was):
    faults = []
    for bomb, content in BOMBS.items():
        for way, send in enumerate(UPLOADS[method, path]):
            sent = send(content)
            headers = course.headers("ivan") | sent.pop("headers", {}) | (HTML if not path.startswith("/api") else {})
            began, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            answer = client.request(method, path, **sent, headers=headers)
            took, grown = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
            if took > MOST_CPU_S or grown * 1024 > MOST_MEMORY_BYTES or answer.status_code >= 500:
                faults.append((bomb, way, answer.status_code, took, grown))
            # What is handed in may be nonsense: it is trained in a jail. A list of many people is a list.
            elif not path.endswith("/submissions") and bomb != "rows" and not is_refused(answer, path):
                faults.append((bomb, way, answer.status_code, answer.text[:500]))
    assert faults == []
    assert snapshot(course.engine)["datasets"] == as_it_was["datasets"]


def is_refused(answer, path):
    """With what is wrong; a draft may hold anything that is short enough."""
    if path.endswith("/draft"):
        return answer.status_code in {303, 400, 412, 413, 422}
    if path.endswith("/validate") and answer.status_code == 200:
        return answer.json()["valid"] is False
    if path.endswith(("/check", "/what-if")) and answer.status_code == 200:
        # The list of faults beside the editor.
        return "fault" in answer.text
    return 400 <= answer.status_code < 500


@pytest.mark.parametrize(("method", "path"), UPLOADS)
def test_what_is_packed_is_not_unpacked(method, path, client, course, as_it_was):
    for encoding in ("gzip", "deflate", "br", "zstd"):
        headers = course.headers("ivan") | {"Content-Type": "application/json", "Content-Encoding": encoding, "If-Match": "*"}
        began = time.process_time()
        answer = client.request(method, path, content=BOMBS["gzip"], headers=headers)
        assert time.process_time() - began < MOST_CPU_S
        assert 400 <= answer.status_code < 500 or is_refused(answer, path), (encoding, answer.text[:300])
    assert snapshot(course.engine)["submissions"] == as_it_was["submissions"]


PATHS = (
    "../../../etc/passwd.py", "..\\..\\windows\\system32\\a.py", "/etc/cron.d/a.py", "a.py\x00.txt.py", "....//....//a.py", "%2e%2e%2fa.py",
    "C:a.py", "a\r\nSet-Cookie: x=1.py", "\u202ecod.py", "." * 300 + ".py", "con.py", "~root/.ssh/a.py", "'; DROP TABLE users; --.py",
    "a.py/../b.py",
)  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("path", [f"/api/v1{HAND_IN}", HAND_IN])
def test_a_file_name_is_never_a_path(name, path, client, course, as_it_was):
    """It is shown, short and printable, and is nothing else."""
    if path.startswith("/api"):
        answer = client.post(path, json={"filename": name, "source": "x = 1\n"}, headers=course.headers("ana"))
    else:
        answer = client.post(path, files={"file": (name, b"x = 1\n")}, headers=course.headers("ana") | HTML)
    assert answer.status_code in {201, 303, 400, 422}
    with transaction(course.engine) as session:
        kept = {row.filename for row in session.query(models.Submission)}
    for filename in kept:
        assert not set(filename) & set("/\\\x00\r\n\u202e")
        assert len(filename) <= 150


FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "=cmd|' /C calc'!A0", "＝1+1")


EXPORTS = (
    "/api/v1/assignments/lab/grades.csv", "/api/v1/assignments/lab/grades.csv?columns=canvas", "/assignments/lab/grades.csv",
    "/assignments/lab/grades-canvas.csv",
)  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_an_export_is_a_formula(formula, client, course, as_it_was):
    """Whatever stands in the database: names, reasons, titles."""
    with transaction(course.engine) as session:
        for user in session.query(models.User):
            user.display_name = formula
        for override in session.query(models.Override):
            override.reason = formula
        for version in session.query(models.AssignmentVersion):
            version.spec = version.spec | {"title": formula}
    for path in EXPORTS:
        answer = client.get(path, headers=course.headers("ivan"))
        assert answer.headers["content-type"].startswith("text/csv")
        assert "attachment" in answer.headers["content-disposition"]
        cells = [cell for row in csv.reader(io.StringIO(answer.text, newline="")) for cell in row]
        assert [cell for cell in cells if formula in cell], path
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))], path


@pytest.mark.parametrize("formula", FORMULAS)
def test_nobody_gets_a_name_that_is_a_formula(formula, client, course, as_it_was):
    shown = formula.strip()
    roster = f'name,email\n"{formula}",eva@example.org\n'.encode()
    for answer in (
        client.post("/api/v1/courses/ml/roster", content=roster, headers=course.headers("ivan") | {"Content-Type": "text/csv"}),
        client.patch("/api/v1/me", json={"display_name": formula}, headers=course.headers("ana")),
        client.post("/account/profile", data={"display_name": formula}, headers=course.headers("ana") | HTML),
    ):
        assert answer.status_code == 422, answer.text
    with transaction(course.engine) as session:
        assert not [user for user in session.query(models.User) if user.display_name.startswith(shown)]


def test_the_bombs_are_bombs():
    """Or the tests above would show nothing."""
    assert len(BOMBS["gzip"]) < MIB
    assert len(gzip.decompress(BOMBS["gzip"])) == 200 * MIB
    with zipfile.ZipFile(io.BytesIO(BOMBS["zip of zeros"])) as archive:
        assert sum(entry.file_size for entry in archive.infolist()) > 200 * MIB
    assert np.lib.format.read_magic(io.BytesIO(npy("(1,)"))) == (1, 0)
