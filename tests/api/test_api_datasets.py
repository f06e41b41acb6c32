"""Own data sets over HTTP: who may, what is answered, and that nothing large is read for nobody."""

import asyncio
import io

import numpy as np
import pytest
from sklearn.datasets import load_wine

from graders.spec import AssignmentSpec, CriterionSpec, SplitSizes
from store import repository
from store.dataset_files import MAX_FILE_BYTES, from_archive
from store.engine import reading, transaction

BASE = "/api/v1/courses/ml/datasets"
WINE = load_wine()
STAFF, AUTHORS = ("grace", "ivan", "root"), ("ivan", "root")


def wine_csv():
    header = ",".join([*(name.replace("/", "_") for name in WINE.feature_names), "cultivar"])
    rows = [f"{','.join(map(str, x))},{WINE.target_names[y]}" for x, y in zip(WINE.data, WINE.target, strict=True)]
    return "\n".join([header, *rows]).encode()


def npz(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def register(world, who="ivan", *, name="wine", filename="wine.csv", content=None, label="cultivar", base=BASE):
    return world.client.post(
        base,
        files={"file": (filename, wine_csv() if content is None else content)},
        data={"name": name} | ({"label_column": label} if label else {}),
        headers=world.headers(who) if who else {},
    )


def problem(response, status, code):
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    return response.json()


def entries(world):
    with reading(world.engine) as session:
        return [(e.actor, e.action, e.detail) for e in repository.audit_entries(session, [world.course_id])]


def use(world, name, slug="wine-lab"):
    spec = AssignmentSpec(
        slug=slug,
        title="Wine",
        dataset=name,
        split=SplitSizes(train=100, validation=40, test=38),
        criteria=(CriterionSpec(id="accuracy", grader="accuracy", points=1),),
    )
    with transaction(world.engine) as session:
        return repository.create_assignment(session, course_id=world.course_id, spec=spec).id


def test_a_csv_is_registered_described_and_kept(world):
    answer = register(world)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert answer.headers["location"] == body["links"]["self"] == f"{BASE}/wine"
    assert (body["name"], body["course"], body["author"], body["warnings"]) == ("wine", "ml", "ivan", [])
    facts = body["facts"]
    assert (facts["rows"], facts["input_shape"], len(facts["features"])) == (178, [13], 13)
    assert [(c["name"], c["rows"]) for c in facts["classes"]] == [("class_0", 59), ("class_1", 71), ("class_2", 48)]
    assert facts["features"][0] == {"name": "alcohol", "min": 11.03, "max": 14.83, "mean": 13.00062}
    for who in STAFF:
        assert world.get(f"{BASE}/wine", who).json() == body
        assert world.get(BASE, who).json() == {"items": [body], "next": None}
    with reading(world.engine) as session:
        sha256, archive = repository.dataset_archive(session, "wine")
        assert repository.dataset_archive(session, "iris") is None
    kept = from_archive(archive)
    assert kept.sha256 == sha256 == body["sha256"]
    np.testing.assert_array_equal(kept.x, WINE.data.astype(np.float32))
    np.testing.assert_array_equal(kept.y, WINE.target)
    detail = {"name": "wine", "sha256": sha256, "rows": 178}
    assert entries(world) == [("ivan", "dataset.registered", detail)]


def test_an_npz_of_images_larger_than_a_submission_may_be(world):
    x = np.random.default_rng(0).integers(0, 255, size=(6000, 28, 28), dtype=np.uint8)
    content = npz(x=x, y=np.arange(6000) % 10)
    assert len(content) > 2 * world.client.app.state.services.settings.max_upload_bytes + 64 * 1024
    answer = register(world, name="images", filename="images.npz", content=content, label=None)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["facts"]["input_shape"], answer.json()["facts"]["features"]) == ([28, 28], [])


def test_only_instructors_register_and_delete_and_only_staff_sees(world):
    assert register(world, "root").status_code == 201
    for who, code in (("ana", "not_found"), ("olga", "not_found"), ("grace", "forbidden")):
        status = {"not_found": 404, "forbidden": 403}[code]
        problem(register(world, who, name="other"), status, code)
        problem(world.client.delete(f"{BASE}/wine", headers=world.headers(who)), status, code)
    for who in ("ana", "olga"):
        problem(world.get(BASE, who), 404, "not_found")
        problem(world.get(f"{BASE}/wine", who), 404, "not_found")
    problem(register(world, None), 401, "unauthenticated")
    for method, path in (("GET", BASE), ("GET", f"{BASE}/wine"), ("DELETE", f"{BASE}/wine")):
        problem(world.client.request(method, path), 401, "unauthenticated")
    problem(register(world, base="/api/v1/courses/none/datasets"), 404, "not_found")
    assert world.get(BASE, "ivan").json()["items"][0]["name"] == "wine"
    assert [entry[:2] for entry in entries(world)] == [("root", "dataset.registered")]


def test_a_data_set_of_another_course_is_not_there(world):
    assert register(world, "olga", base="/api/v1/courses/other/datasets").status_code == 201
    for who in AUTHORS:
        problem(world.get(f"{BASE}/wine", who), 404, "not_found")
        problem(world.client.delete(f"{BASE}/wine", headers=world.headers(who)), 404, "not_found")
    assert world.get(BASE, "ivan").json() == {"items": [], "next": None}
    # Names are the service's: a spec names its data set alone.
    problem(register(world), 409, "dataset_name_taken")
    assert world.get("/api/v1/courses/other/datasets/wine", "olga").status_code == 200


@pytest.mark.parametrize("name", ["iris", "mnist"])
def test_the_built_in_names_are_taken(world, name):
    problem(register(world, name=name), 409, "dataset_name_taken")
    assert entries(world) == []


def test_a_name_is_given_once_and_free_again_when_deleted(world):
    assert register(world).status_code == 201
    problem(register(world), 409, "dataset_name_taken")
    gone = world.client.delete(f"{BASE}/wine", headers=world.headers("ivan"))
    assert (gone.status_code, gone.content) == (204, b"")
    problem(world.get(f"{BASE}/wine", "ivan"), 404, "not_found")
    problem(world.client.delete(f"{BASE}/wine", headers=world.headers("ivan")), 404, "not_found")
    assert register(world).status_code == 201
    assert [e[1] for e in entries(world)] == ["dataset.registered", "dataset.deleted", "dataset.registered"]


def test_what_any_version_of_an_assignment_uses_stays(world):
    assert register(world).status_code == 201
    assignment_id = use(world, "wine")
    refused = world.client.delete(f"{BASE}/wine", headers=world.headers("ivan"))
    assert problem(refused, 409, "dataset_in_use")["detail"] == "It is used by wine-lab."
    # A newer version uses another: the older submissions may still be run again.
    with transaction(world.engine) as session:
        spec = repository.assignment_by_slug(session, "wine-lab").spec.model_copy(update={"dataset": "iris"})
        repository.add_assignment_version(session, assignment_id=assignment_id, spec=spec)
    problem(world.client.delete(f"{BASE}/wine", headers=world.headers("ivan")), 409, "dataset_in_use")
    assert world.get(f"{BASE}/wine", "ivan").status_code == 200
    assert [entry[1] for entry in entries(world)].count("dataset.deleted") == 0


def test_what_is_wrong_with_a_file_is_told_with_its_places(world):
    lines = wine_csv().decode().split("\n")
    lines[16] = lines[16].replace(lines[16].split(",")[1], "abc", 1)
    lines[18] = lines[18].rpartition(",")[0] + ","
    body = problem(register(world, content="\n".join(lines).encode()), 422, "dataset_invalid")
    assert body["errors"] == [
        {"location": "row 17, column malic_acid", "code": "dataset.not_number", "message": "'abc' is not a number"},
        {"location": "row 19, column cultivar", "code": "dataset.label", "message": "the label is empty"},
    ]
    assert body["detail"].startswith("row 17, column malic_acid: 'abc' is not a number; row 19")
    body = problem(register(world, label=None), 422, "dataset_invalid")
    assert body["errors"][0]["location"] == "label_column"
    pickled = npz(x=np.array([[object]] * 20), y=np.arange(20) % 2)
    body = problem(register(world, filename="a.npz", content=pickled, label=None), 422, "dataset_invalid")
    assert "never loaded" in body["detail"]
    assert world.get(BASE, "ivan").json() == {"items": [], "next": None}


def test_warnings_come_with_the_answer_and_with_every_later_one(world):
    content = npz(x=np.arange(133.0)[:, None], y=np.repeat([0, 1], [122, 11]), class_names=["no", "yes"])
    answer = register(world, filename="a.npz", content=content, label=None)
    (warning,) = answer.json()["warnings"]
    assert warning.startswith("The classes are out of balance: 'no' has 122 rows")
    assert world.get(f"{BASE}/wine", "grace").json()["warnings"] == [warning]


@pytest.mark.parametrize("name", ["", "Wine", "-wine", "wine-", "a--b", "../wine", "a" * 65, "wi ne", "vin_ă"])
def test_names_are_as_in_addresses(world, name):
    body = problem(register(world, name=name), 422, "validation_failed")
    assert [error["location"] for error in body["errors"]] == ["name"]


def test_forms_that_are_none(world):
    headers = world.headers("ivan")
    body = problem(world.client.post(BASE, files={"other": b"x"}, headers=headers), 422, "validation_failed")
    assert {error["location"] for error in body["errors"]} == {"file", "name"}
    problem(world.client.post(BASE, json={"name": "a"}, headers=headers), 415, "unsupported_media_type")
    broken = headers | {"Content-Type": "multipart/form-data; boundary=x"}
    problem(world.client.post(BASE, content=b"--y", headers=broken), 400, "bad_request")


def test_more_than_is_taken_is_cut_off(world):
    declared = world.headers("ivan") | {"Content-Length": str(MAX_FILE_BYTES + 65 * 1024)}
    declared["Content-Type"] = "multipart/form-data; boundary=x"
    problem(world.client.post(BASE, content=b"", headers=declared), 413, "too_large")
    chunks = (bytes(1024 * 1024) for _ in range(65))
    headers = world.headers("ivan") | {"Content-Type": "multipart/form-data; boundary=x"}
    problem(world.client.post(BASE, content=chunks, headers=headers), 413, "too_large")
    problem(register(world, content=bytes(MAX_FILE_BYTES + 1)), 413, "too_large")


def test_the_larger_bound_is_for_this_address_alone(world):
    large = {"file": ("a.py", bytes(4 * 1024 * 1024))}
    for path in ("/api/v1/assignments/iris/submissions", f"{BASE}/wine", f"{BASE}/", "/api/v1/courses/a/b/datasets"):
        problem(world.client.post(path, files=large, headers=world.headers("ivan")), 413, "too_large")
    problem(world.client.put(BASE, files=large, headers=world.headers("ivan")), 413, "too_large")


@pytest.mark.parametrize(
    ("who", "status"), [(None, 401), ("ana", 404), ("olga", 404), ("grace", 403), ("ivan", 400)]
)
def test_nobody_but_an_author_makes_us_read_a_body(world, who, status):
    asked, answers = [], []

    async def receive():
        asked.append(1)
        return {"type": "http.request", "body": b"--not-a-form", "more_body": len(asked) < 3}

    async def send(message):
        answers.append(message)

    headers = (world.headers(who) if who else {}) | {"Content-Type": "multipart/form-data; boundary=x"}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": BASE, "raw_path": BASE.encode(), "query_string": b"", "headers": raw, "scheme": "http", "server": ("test", 80), "root_path": ""}  # fmt: skip
    asyncio.run(world.client.app(scope, receive, send))
    assert answers[0]["status"] == status
    assert bool(asked) == (who == "ivan")


def test_openapi_says_what_to_send_and_what_may_be_answered(world):
    document = world.client.get("/openapi.json").json()
    post = document["paths"]["/api/v1/courses/{course}/datasets"]["post"]
    assert set(post["responses"]) == {"201", "400", "401", "403", "404", "409", "413", "415", "422", "429", "500", "503"}
    form = post["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert set(form["properties"]) == {"file", "name", "label_column"}
    assert [parameter["name"] for parameter in post["parameters"]] == ["course"]
    assert post["security"]
