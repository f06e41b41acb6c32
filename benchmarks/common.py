"""What the benchmarks share: a service of their own, a cold python to compare with, the machine in words."""

from __future__ import annotations

import math
import os
import platform
import shutil
import statistics
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np

from graders.labs import LABS
from server.demo import free_port
from server.supervisor import Part, Supervisor
from store import repository
from store.engine import make_engine, transaction
from store.migrate import upgrade
from store.settings import Settings
from worker.datasets.fetch import fetch
from worker.datasets.registry import DATASETS
from worker.datasets.splits import draw
from worker.harness import warm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graders.spec import AssignmentSpec
    from worker.datasets.splits import Split

ROOT = Path(__file__).resolve().parents[1]
SUBMISSION = ROOT / "examples" / "iris-single-layer" / "pytorch" / "submission.py"
FINAL = {"graded", "failed", "errored", "cancelled", "superseded"}
SECRET = b"benchmarks"
IRIS = LABS["iris-single-layer"].model_copy(update={"slug": "bench-iris", "repeats": 1})

# What `train(lab)` is given where there is no service; `epoch` does nothing there.
LAB_LINES = """
from types import SimpleNamespace

import numpy as np


def load_lab(folder):
    x, y = np.load(folder + "/train_x.npy"), np.load(folder + "/train_y.npy")
    classes = int(y.max()) + 1
    return SimpleNamespace(
        train_x=x, train_y=y, n_classes=classes, input_shape=x.shape[1:],
        class_names=tuple(map(str, range(classes))), feature_names=tuple(map(str, range(x.shape[-1]))),
        seed=1, device="cpu", epoch=lambda model: None,
    )
"""

# What somebody does without a service: start Python, import the file with its framework, train once.
_COLD_SCRIPT = f"""
import importlib.util
import sys
{LAB_LINES}

spec = importlib.util.spec_from_file_location("submission", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.train(load_lab(sys.argv[2]))
"""


def one_thread() -> dict[str, str]:
    """The service's own environment of a framework, less the folders that exist in a jail only."""
    own = {name: value for name, value in warm.ENVIRONMENT.items() if "/scratch" not in value}
    limits = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    return {**os.environ, **own, **limits}


def split_of(spec: AssignmentSpec) -> Split:
    return draw(DATASETS[spec.dataset](Settings().data_dir), spec, secret_seed=SECRET, repeat=0)


def rows_on_disk(spec: AssignmentSpec) -> Path:
    """A folder with the training and test rows of `spec` as arrays, for who trains without a service."""
    split, folder = split_of(spec), bench_folder() / "rows" / spec.slug
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("train_x", "train_y", "test_x", "test_y"):
        np.save(folder / name, getattr(split, name))
    return folder


def cold_command(spec: AssignmentSpec = IRIS, submission: Path = SUBMISSION) -> list[str]:
    """A whole process that trains `submission` on the rows of `spec`; to be run in `one_thread()`."""
    script = bench_folder() / "cold.py"
    script.write_text(_COLD_SCRIPT)
    return [sys.executable, str(script), str(submission), str(rows_on_disk(spec))]


def bench_folder() -> Path:
    return Settings().data_dir.resolve() / "bench"


def empty_folder(name: str = "") -> Path:
    """The benchmarks' own folder, or `name` in it, with nothing in it but the data folder's data sets."""
    base, home = Settings(), bench_folder() / name
    fetch(base.data_dir, progress=print)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "datasets").symlink_to(base.data_dir.resolve() / "datasets")
    return home


def bench_settings(name: str = "") -> Settings:
    """Of a service in an empty folder, on free ports."""
    # For the parts that are started: one token asks more often here than any person would.
    os.environ.setdefault("LABMARK_LIMIT_REQUESTS", "false")
    home = empty_folder(name)
    return Settings().model_copy(
        update={
            "data_dir": home,
            "host": "127.0.0.1",
            "port": free_port(),
            "redis_url": f"redis://127.0.0.1:{free_port()}/0",
            "database_url": f"sqlite:///{home}/labmark.sqlite3",
            "runner_socket": home / "runner.sock",
        }
    )


def create_course(settings: Settings, specs: Sequence[AssignmentSpec], *, students: int) -> list[str]:
    """The course with its assignments; returns the students' tokens."""
    upgrade(settings.database_url)
    engine = make_engine(settings.database_url)
    tokens = []
    with transaction(engine) as session:
        course = repository.create_course(session, slug="bench", title="Benchmark")
        for spec in specs:
            repository.create_assignment(session, course_id=course.id, spec=spec)
        for number in range(students):
            user = repository.create_user(session, name=f"bench-student-{number}")
            repository.enroll(session, user_id=user.id, course_id=course.id, role="student")
            tokens.append(repository.create_token(session, user_id=user.id, role="student", label="bench"))
    engine.dispose()
    return tokens


@dataclass(frozen=True)
class Service:
    """A running service, its students' tokens, and the parts that it was told to start without."""

    supervisor: Supervisor
    tokens: list[str]
    waiting: dict[str, Part]

    def client(self) -> httpx.Client:
        """Signs as the first student."""
        settings = self.supervisor.settings
        address = f"http://{settings.host}:{settings.port}"
        return httpx.Client(base_url=address, headers=signed(self.tokens[0]), timeout=30)

    def start(self, name: str) -> None:
        """A waiting part; from now on it is kept alive as the others are."""
        part = self.waiting.pop(name)
        part.start(self.supervisor.log_dir)
        self.supervisor.parts.append(part)


@contextmanager
def service(
    settings: Settings,
    specs: Sequence[AssignmentSpec],
    *,
    workers: int,
    students: int = 1,
    without: Sequence[str] = (),
) -> Iterator[Service]:
    """Whatever happens inside, the service is stopped."""
    tokens = create_course(settings, specs, students=students)
    supervisor = Supervisor(settings, workers=workers)
    waiting = {part.name: part for part in supervisor.parts if part.name in without}
    supervisor.parts = [part for part in supervisor.parts if part.name not in waiting]
    try:
        supervisor.start()
        yield Service(supervisor, tokens, waiting)
    finally:
        supervisor.stop()


def signed(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def post(http: httpx.Client, slug: str, source: str, token: str | None = None) -> str:
    """Hand in, as the student of `token` or the one whom `http` signs as; the submission's id."""
    answer = http.post(
        f"/api/v1/assignments/{slug}/submissions",
        json={"filename": "submission.py", "source": source},
        headers=signed(token) if token else None,
    )
    return str(answer.raise_for_status().json()["id"])


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest rank: one of the values, with at least so many percent at or below it."""
    return sorted(values)[math.ceil(percent / 100 * len(values)) - 1]


def paired_ratio(own: Sequence[float], other: Sequence[float]) -> float:
    """Median of the ratios of what was measured one right after the other: a slow minute meets both."""
    return statistics.median(mine / theirs for mine, theirs in zip(own, other, strict=True))


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = {line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")}
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "tensorflow-cpu", "keras", "numpy"))
    return (
        f"{os.cpu_count()} cores, {' / '.join(sorted(models)) or platform.machine()}, {memory_gib:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, {packages}; "
        f"load average {os.getloadavg()[0]:.2f}"
    )
