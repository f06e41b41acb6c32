"""What student code goes through wherever it runs: load the file, train, predict rows that then arrive."""

from __future__ import annotations

import contextlib
import faulthandler
import io
import os
import sys
import traceback
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from worker.harness import models
from worker.harness.failures import SourcePlace, SubmissionFailure, describe
from worker.harness.lab import Lab, record_fit_epochs, seed_everything
from worker.sandbox import protocol
from worker.sandbox.protocol import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

Array = npt.NDArray[Any]
_REHEARSED_ROWS = 8


@dataclass(frozen=True, kw_only=True)
class Given:
    """`train_x` float32, `train_y` int64, `curve_x` float32; `facts` are the lab's."""

    source: bytes
    train_x: Array
    train_y: Array
    curve_x: Array
    facts: dict[str, Any]


class Line(Protocol):
    """To whoever asked for the training."""

    def send(self, kind: Kind, payload: bytes | dict[str, Any]) -> None: ...

    def rows(self) -> Array | None:
        """Waits for the evaluation rows, float32. None: nobody asks any more."""


def work(given: Given, line: Line) -> None:
    """Every failure of student code becomes a FAILED frame."""
    try:
        with _only_in_this_process():
            _work(given, line)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are student code's too
        line.send(Kind.FAILED, describe(error))
    finally:
        sys.stdout.flush()


def first_operation() -> None:
    """PyTorch's first operation complains that /proc/cpuinfo is hidden; the student need not read that."""
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        torch.nn.functional.linear(torch.zeros(64, 4), torch.zeros(3, 4)).softmax(1)


def _work(given: Given, line: Line) -> None:
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding="utf-8", errors="replace", line_buffering=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), encoding="utf-8", errors="replace", line_buffering=True)
    # A crash inside a library then says in which line of the student's it happened.
    faulthandler.enable(2, all_threads=False)
    facts = given.facts
    # A real module: pickle, torch.save and AutoGraph look a student's classes and functions up by its name.
    submission = ModuleType("submission")
    submission.__file__ = SourcePlace.path
    sys.modules["submission"] = submission
    namespace = vars(submission)

    def record(model: Any) -> None:
        answer = models.predict_ids_or_scores(
            model, given.curve_x, n_classes=facts["n_classes"], student_predict=namespace.get("predict")
        )
        # All of these rows are data, so a failure is told at the first epoch and not after the last.
        if answer.ndim > 1 and not np.isfinite(answer).all():
            bad_rows = int((~np.isfinite(answer)).any(axis=1).sum())
            raise SubmissionFailure("predictions_not_finite", bad_rows=bad_rows)
        ids = answer if answer.ndim == 1 else answer.argmax(axis=1)
        line.send(Kind.EPOCH, ids.astype("<i2").tobytes())

    lab = Lab(train_x=given.train_x, train_y=given.train_y, facts=facts, record=record)
    seed_everything(facts["seed"])
    record_fit_epochs(lab)
    model = _train(_load(given.source, namespace), lab)
    if model is not lab.recorded_model:
        # What is wrong with `predict` can be told in full now; of rows that come later, only its kind.
        few = given.train_x[:_REHEARSED_ROWS].copy()
        models.predict_ids_or_scores(
            model, few, n_classes=facts["n_classes"], student_predict=namespace.get("predict")
        )
    sys.stdout.flush()
    line.send(Kind.TRAINED, {**models.claims_of(model), "recorded_epochs": lab.recorded_epochs})
    x = line.rows()
    if x is None:
        return
    answer = models.predict_ids_or_scores(
        model, x, n_classes=facts["n_classes"], student_predict=namespace.get("predict")
    )
    kind = "float32" if answer.ndim == 2 else "int64"
    data = np.ascontiguousarray(answer, dtype="<f4" if kind == "float32" else "<i8").tobytes()
    line.send(Kind.SCORES, protocol.pack_scores(kind, answer.shape, data))


@contextlib.contextmanager
def _only_in_this_process() -> Iterator[None]:
    """What student code forked ends here, whichever way it came: it does not answer for the run."""
    own = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != own:
            failed = sys.exc_info()[0] is not None
            if failed:
                traceback.print_exc()
            with contextlib.suppress(Exception):
                sys.stdout.flush()
            os._exit(int(failed))


def _load(source: bytes, namespace: dict[str, Any]) -> Any:
    # AutoGraph and tracebacks read the source from a file.
    with open(SourcePlace.path, "wb") as out:
        out.write(source)
    try:
        code = compile(source, SourcePlace.path, "exec", dont_inherit=True)
    except (MemoryError, RecursionError) as error:  # of the parser's and the compiler's own stacks
        raise SubmissionFailure("syntax_error", message="too deeply nested", text="") from error
    exec(code, namespace)  # noqa: S102 - running student code is what this process is for
    train = namespace.get("train")
    if not callable(train):
        raise SubmissionFailure("no_train_function")
    return train


def _train(train: Any, lab: Lab) -> Any:
    model = train(lab)
    if model is None:
        raise SubmissionFailure("no_model_returned", got="None")
    return model
