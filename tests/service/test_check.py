"""`labmark check` and the service say the same of the same file, to the last digit; needs what tests/service needs."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from test_over_http import EXAMPLES, wait_for

from client.checking import Checked, Trial, try_out
from graders import evidence_format
from store import repository
from store.engine import make_engine, reading
from store.models import Assignment, EvidenceRecord

ROOT = Path(__file__).resolve().parents[2]
# Measured by the clock, or of a process that others share the machine with.
NEVER_THE_SAME = {"train_wall_s", "evaluation_wall_s", "cpu_s", "peak_memory_bytes"}
FRAMEWORKS = ["pytorch", "lightning", "tensorflow", "keras"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class AsTheService(Trial):
    """Drawn as the service drew: what no student knows, its secret and the id of the submission."""

    secret: bytes
    submission: str
    evidence_to: Path

    def request(self):
        return {
            **super().request(), "secret_seed": self.secret.hex(), "drawn_for": self.submission,
            "public_rows": False, "evidence_to": str(self.evidence_to),
        }  # fmt: skip


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("LABMARK_DATA_DIR", str(ROOT / "var"))
    monkeypatch.setenv("LABMARK_LANG", "en")


def stored(service, submission):
    """The assignment's secret, and the evidence that the service keeps."""
    engine = make_engine(service.supervisor.settings.database_url)
    with reading(engine) as session:
        details = repository.submission_details(session, submission)
        secret = session.get_one(Assignment, details.submission.assignment_id).secret_seed
        evidence = evidence_format.from_bytes(session.get_one(EvidenceRecord, details.run.id).blob)
    engine.dispose()
    return secret, evidence


def numbers(value):
    """Everything in it that must be the same, in a form that compares exactly: NaN is NaN, and types count."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: numbers(found) for name, found in fields.items() if name not in NEVER_THE_SAME}
    if isinstance(value, dict):
        return {name: numbers(found) for name, found in value.items()}
    if isinstance(value, list | tuple):
        return [numbers(found) for found in value]
    return value


def in_both(service, assignment, source, tmp_path, *, name="submission.py", jail=True, here=None):
    """(feedback, evidence) of the service, and of this machine. `here`: name and source of what is tried there."""
    with service.http() as http:
        submission = hand_in(http, assignment, name, source)
        wait_for(http, submission, 300)
        theirs = http.get(f"/api/v1/submissions/{submission}/feedback").json()
        spec = http.get(f"/api/v1/assignments/{assignment}/trial").json()["spec"]
    secret, evidence = stored(service, submission)
    trial = AsTheService(
        filename=(here or (name, source))[0], content=(here or (name, source))[1].encode(), assignment=assignment, spec=spec, seed=0, jail=jail, secret=secret,
        submission=submission, evidence_to=tmp_path / "evidence.bin",
    )  # fmt: skip
    checked = Checked()
    states = [event.data["state"] for event in try_out(trial, checked) if event.kind == "state"]
    assert states[:3] == ["claimed", "importing", "training"]
    ours = checked.answer["feedback"]
    return (theirs, evidence), (ours, evidence_format.from_bytes((tmp_path / "evidence.bin").read_bytes()))


def hand_in(http, assignment, name, source):
    answer = http.post(f"/api/v1/assignments/{assignment}/submissions", json={"filename": name, "source": source})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def told(feedback):
    """All that is said, without when and to whom."""
    return {name: found for name, found in feedback.items() if name != "submission"}


def differing(ours, theirs, path=""):
    """Where they differ, by name: a whole repeat is no message that anybody reads."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and set(ours) == set(theirs):
        return [found for name in ours for found in differing(ours[name], theirs[name], f"{path}.{name}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [found for number, (a, b) in pairs for found in differing(a, b, f"{path}[{number}]")]
    return [] if ours == theirs else [(path, str(ours)[:300], str(theirs)[:300])]


def assert_the_same(there, here):
    assert differing(numbers(here[1]), numbers(there[1])) == []
    assert told(here[0]) == told(there[0])
    for field in ("state", "points", "max_points", "filename", "assignment", "device"):
        assert here[0]["submission"][field] == there[0]["submission"][field]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_iris_is_the_same_here_and_there_to_the_last_digit(service, patient, framework, tmp_path):
    there, here = in_both(service, patient, EXAMPLES[f"iris-multi-layer/{framework}"].source, tmp_path)
    assert_the_same(there, here)
    assert here[0]["submission"]["points"] == 100
    assert len(here[1].repeats) == 2


def test_mnist_is_the_same_here_and_there_to_the_last_digit(service, tmp_path):
    there, here = in_both(service, "mnist-single-layer", EXAMPLES["mnist-single-layer/pytorch"].source, tmp_path)
    assert_the_same(there, here)
    assert len(here[1].repeats[0].parts["test"].labels) == 10_000


@pytest.mark.parametrize("framework", ["pytorch", "keras"])
def test_without_a_jail_the_numbers_are_the_same(service, patient, framework, tmp_path):
    source = EXAMPLES[f"iris-multi-layer/{framework}"].source
    there, here = in_both(service, patient, source, tmp_path, jail=False)
    assert_the_same(there, here)


def test_a_crash_is_told_in_the_same_words_with_the_same_line(service, patient, tmp_path):
    there, here = in_both(service, patient, EXAMPLES["iris-multi-layer/crashes"].source, tmp_path)
    # How many repeats are begun before it is given up is a matter of time.
    assert differing(numbers(here[1].repeats[0]), numbers(there[1].repeats[0])) == []
    assert told(here[0]) == told(there[0])
    assert here[0]["failure"]["line"] is not None
    assert here[0]["advice"] != []


def test_another_draw_is_another_result(service, tmp_path):
    """Else the tests above would hold for anything."""
    source = EXAMPLES["iris-multi-layer/pytorch"].source
    (_, there), _ = in_both(service, "iris-multi-layer", source, tmp_path)
    checked = Checked()
    trial = AsTheService(
        filename="submission.py", content=source.encode(), assignment="iris-multi-layer", spec=None, seed=0, jail=True,
        secret=b"another", submission="another", evidence_to=tmp_path / "other.bin",
    )  # fmt: skip
    list(try_out(trial, checked))
    other = evidence_format.from_bytes((tmp_path / "other.bin").read_bytes())
    assert numbers(other.repeats[0].parts) != numbers(there.repeats[0].parts)


def labmark(folder, *arguments, status=0, python=sys.executable, **environment):
    done = subprocess.run(
        [python, "-m", "client", *map(str, arguments)], cwd=folder, capture_output=True, text=True, encoding="utf-8",
        timeout=300, check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), "LABMARK_LANG": "en",
             "LABMARK_CONFIG_DIR": str(folder / "config"), "LABMARK_DATA_DIR": str(ROOT / "var"), **environment},
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done


def test_a_started_lab_is_checked_against_what_its_service_asks_also_without_it(service, tmp_path):
    labmark(tmp_path, "login", "--server", service.url, "--token", service.tokens["sam-student"])
    labmark(tmp_path, "start", "iris-single-layer", "-f", "pytorch")
    done = labmark(tmp_path, "check", "iris-single-layer/lab.py", "--json")
    online = json.loads(done.stdout)
    assert set(online["check"]) == {"seed", "jailed", "asked", "differs", "log"}
    assert {"submission", "criteria", "curve", "parts", "failure", "advice"} <= set(online)
    assert online["check"]["asked"] == "service"
    assert online["submission"]["state"] == "graded"
    # As without a network: it cannot be asked.
    labmark(tmp_path, "logout", "--server", service.url)
    done = labmark(tmp_path, "check", "iris-single-layer/lab.py", "--json", "--seed", "0")
    offline = json.loads(done.stdout)
    assert offline["check"]["asked"] == "kept"
    for field in ("criteria", "curve", "parts", "diagnosis", "advice"):
        assert offline[field] == online[field]


def test_a_report_at_home_reads_like_one_of_the_service(tmp_path):
    file = tmp_path / "crash.py"
    file.write_text("import torch\n\ndef train(lab):\n    return torch.from_numpy(lab.train_x) @ torch.ones(3)\n")
    done = labmark(tmp_path, "check", file, "-a", "iris-single-layer", status=1)
    assert "Your code gave no model: raised (line 4)" in done.stdout
    assert "> 4 |     return torch.from_numpy(lab.train_x) @ torch.ones(3)" in done.stdout
    assert "importing the framework" in done.stderr
    assert "Nothing was handed in" in done.stderr
    file.write_text("print('hello there')\n" + EXAMPLES["iris-multi-layer/pytorch"].source)
    done = labmark(tmp_path, "check", file, "-a", "iris-multi-layer", "--log", LABMARK_LANG="ro")
    assert "100 din 100 puncte" in done.stdout
    assert done.stdout.count("hello there") == 5
    assert "Nu s-a predat nimic" in done.stderr


def test_files_beside_the_submission_are_not_taken_for_packages(tmp_path):
    for name in ("torch", "numpy", "server", "worker"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a file of the student')\n")
    (tmp_path / "lab.py").write_text(EXAMPLES["iris-multi-layer/pytorch"].source)
    done = labmark(tmp_path, "check", "lab.py", "-a", "iris-multi-layer", "--json")
    assert json.loads(done.stdout)["submission"]["points"] == 100


# An ordinary user of this machine, who may make user namespaces or may not.
ORDINARY = """
import os, sys
from pathlib import Path
from worker.sandbox import linux
uid, gid = os.getuid(), os.getgid()
linux.unshare(linux.CLONE_NEWUSER)
Path("/proc/self/setgroups").write_text("deny")
Path("/proc/self/uid_map").write_text(f"1000 {uid} 1")
Path("/proc/self/gid_map").write_text(f"1000 {gid} 1")
if sys.argv[1] == "none":
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
os.execv(sys.executable, [sys.executable, "-m", "client", *sys.argv[2:]])
"""


def as_ordinary_user(folder, *arguments, status=0, namespaces="some"):
    script = folder / "ordinary.py"
    script.write_text(ORDINARY)
    done = subprocess.run(
        [sys.executable, str(script), namespaces, *map(str, arguments)], cwd=folder, capture_output=True, text=True,
        timeout=300, check=False, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LABMARK_LANG": "en",
        "LABMARK_CONFIG_DIR": str(folder / "config"), "LABMARK_DATA_DIR": str(ROOT / "var")},
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done


def test_an_ordinary_user_has_a_jail_and_the_numbers_of_anybody_else(tmp_path):
    file = ROOT / "examples" / "iris-multi-layer" / "pytorch" / "submission.py"
    asked = ("check", file, "-a", "iris-multi-layer", "--json", "--seed", "7")
    ordinary = json.loads(as_ordinary_user(tmp_path, *asked).stdout)
    root = json.loads(labmark(tmp_path, *asked).stdout)
    assert ordinary["check"]["jailed"]
    assert told(ordinary) == told(root)


def test_where_no_jail_can_be_made_it_is_said_what_is_missing_and_nothing_is_run(tmp_path):
    was_run = Path(tempfile.gettempdir(), f"labmark-was-run-{secrets.token_hex(6)}")  # where an ordinary user may write
    (tmp_path / "lab.py").write_text(EXAMPLES["iris-multi-layer/pytorch"].source + f"\nopen({str(was_run)!r}, 'w')\n")
    asked = ("check", "lab.py", "-a", "iris-multi-layer", "--json")
    done = as_ordinary_user(tmp_path, *asked, status=2, namespaces="none")
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "no_jail"
    assert "namespaces: " in error["message"]
    assert "max_user_namespaces" in error["message"]
    assert "--no-jail" in error["message"]
    assert not was_run.exists()
    (tmp_path / "lab.py").write_text(EXAMPLES["iris-multi-layer/pytorch"].source)
    document = json.loads(as_ordinary_user(tmp_path, *asked, "--no-jail", namespaces="none").stdout)
    assert document["submission"]["points"] == 100
    assert document["check"]["differs"] == [{"code": "no_jail"}]


def test_a_system_without_anything_of_linux_checks_with_the_same_figures_once_it_is_told_to(tmp_path):
    """As on macOS and Windows: no fork, no memfds, no UNIX sockets, no fcntl (see bare_system/sitecustomize.py)."""
    left_by_others = set(Path(tempfile.gettempdir()).glob("labmark-plain-*"))
    (tmp_path / "lab.py").write_text(EXAMPLES["iris-multi-layer/pytorch"].source)
    asked = ("check", "lab.py", "-a", "iris-multi-layer", "--json")
    linux = json.loads(labmark(tmp_path, *asked).stdout)
    bare = {"PYTHONPATH": f"{ROOT / 'tests' / 'service' / 'bare_system'}{os.pathsep}{ROOT}", "LABMARK_TEST_BARE_SYSTEM": "1"}
    refused = json.loads(labmark(tmp_path, *asked, status=2, **bare).stdout)["error"]
    assert (refused["code"], "x86-64" in refused["message"], "--no-jail" in refused["message"]) == ("no_jail", True, True)
    document = json.loads(labmark(tmp_path, *asked, "--no-jail", **bare).stdout)
    assert told(document) | {"check": 0} == told(linux) | {"check": 0}
    assert document["check"]["differs"] == [{"code": "no_jail"}]
    assert set(Path(tempfile.gettempdir()).glob("labmark-plain-*")) <= left_by_others


def family_of(process_id):
    """{(process, when it began): its command} of a process and all below it, runners, zygotes and jails too."""
    children, found, waiting = {}, {}, [process_id]
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
            children.setdefault(int(fields[1]), []).append((int(folder.name), fields[19], command))
            if int(folder.name) == process_id:
                found[process_id, fields[19]] = command
    while waiting:
        for child, began, command in children.get(waiting.pop(), []):
            found[child, began] = command
            waiting.append(child)
    return found


def still_there(family):
    left = []
    for (process, began), command in family.items():
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            if fields[19] == began and fields[0] != "Z":
                left.append(command)
    return left


@pytest.mark.parametrize("jail", [(), ("--no-jail",)])
def test_ctrl_c_leaves_nothing_behind(tmp_path, jail):
    (tmp_path / "lab.py").write_text("import time, torch, os\ndef train(lab):\n    os.fork()\n    time.sleep(1000)\n")
    command = [sys.executable, "-m", "client", "check", "lab.py", "-a", "iris-single-layer", *jail]
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LABMARK_LANG": "en",
        "LABMARK_CONFIG_DIR": str(tmp_path / "config"), "LABMARK_DATA_DIR": str(ROOT / "var"),
    }  # fmt: skip
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line.startswith("training"):
            break
    family = family_of(process.pid)
    assert any(b"worker.harness.plain" in command or b"zygote" in command for command in family.values())
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    deadline = time.monotonic() + 20
    while left := still_there(family):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def test_time_is_limited_without_a_jail_too(tmp_path):
    (tmp_path / "lab.py").write_text("import time, torch, os\ndef train(lab):\n    os.fork()\n    time.sleep(1000)\n")
    done = labmark(tmp_path, "check", "lab.py", "-a", "iris-single-layer", "--no-jail", status=1)
    assert "time_limit" in done.stdout


def test_without_what_trains_it_says_what_to_install(tmp_path):
    """A virtual environment that holds the client and the three packages that it declares."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    for name in ("httpx", "httpcore", "h11", "anyio", "sniffio", "idna", "certifi", "typer", "click", "rich", "shellingham",
                 "pygments", "markdown_it", "mdurl", "typing_extensions.py", "annotated_doc",
                 # Newer versions of Typer need it.
                 "pydantic", "pydantic_core", "annotated_types", "typing_inspection"):  # fmt: skip
        if (site / name).exists():
            (packages / name).symlink_to(site / name)
    for name in site.glob("labmark-*.dist-info"):
        (packages / name.name).symlink_to(name)
    python = tmp_path / "venv" / "bin" / "python"
    file = ROOT / "examples" / "iris-multi-layer" / "keras" / "submission.py"
    done = labmark(tmp_path, "check", file, "-a", "iris-multi-layer", "--json", status=2, python=python)
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "packages_missing"
    assert "numpy, scikit-learn, babel, structlog missing" in error["message"]
    assert "pip install 'labmark[check]'" in error["message"]
