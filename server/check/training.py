"""The worker's part of `server.check`. Importing it takes seconds: scikit-learn brings all of SciPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.check.messages import StopCheckError
from store.job import Job
from worker.datasets.fetch import FetchError, fetch
from worker.datasets.mnist import NotFetchedError
from worker.datasets.model import WrongDataError
from worker.datasets.public import public_part, public_sizes
from worker.datasets.registry import DATASETS
from worker.material import Materials
from worker.plain import processors
from worker.provenance import provenance
from worker.training import Training

if TYPE_CHECKING:
    from pathlib import Path

    from api.source import SourceFile
    from graders.evidence import Evidence
    from graders.spec import AssignmentSpec
    from server.check.messages import Request, Teller
    from worker.datasets.model import Dataset
    from worker.sandbox.client import Calls
    from worker.training import Runner


class Trainer:
    """Data in memory, and `spec` as it is tried: with parts that the public rows suffice for."""

    def __init__(self, request: Request, spec: AssignmentSpec, teller: Teller) -> None:
        """Raises StopCheckError where the data is not to be had."""
        self._request, self._teller = request, teller
        self._dataset = _dataset(spec.dataset, request.data_dir, teller)
        self.spec = spec
        if request.public_rows:
            self._dataset = public_part(self._dataset)
            sizes = public_sizes(spec.split, len(self._dataset.x))
            self.spec = spec.model_copy(update={"split": sizes})

    def train(self, file: SourceFile, *, runner: Runner, calls: Calls) -> Evidence:
        """Raises SandboxUnavailableError: our fault."""
        request, spec, dataset = self._request, self.spec, self._dataset
        job = Job(
            run_id="check", kind="graded", submission_id=request.drawn_for, assignment_id="",
            source=file.source, filename=file.filename, source_kind=file.kind, spec=spec, spec_version=1,
            secret_seed=request.secret_seed,
        )  # fmt: skip
        training = Training(
            job=job,
            attempt=1,
            materials=Materials(request.data_dir, built_in={spec.dataset: lambda _data_dir: dataset}),
            runner=runner,
            side_by_side=processors(),
            provenance=provenance(),
            tell_epoch=self._teller.tell_epoch,
            calls=calls,
        )
        return training.repeats(lambda phase: self._teller.tell("state", state=phase))


def _dataset(name: str, data_dir: Path, teller: Teller) -> Dataset:
    if name not in DATASETS:
        raise StopCheckError("no_dataset", dataset=name, detail="")
    try:
        try:
            return DATASETS[name](data_dir)
        except (NotFetchedError, OSError, ValueError):
            teller.tell("state", state="fetching", dataset=name)
            fetch(data_dir)
            return DATASETS[name](data_dir)
    except (FetchError, WrongDataError) as error:
        raise StopCheckError("no_dataset", dataset=name, detail=str(error)) from error
