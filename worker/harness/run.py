"""What runs inside the jail: load the file, train, then predict rows that only now arrive."""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import io
import os
import socket
import sys
import traceback
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from worker.harness import models, warm
from worker.harness.failures import SourcePlace, SubmissionFailure, describe
from worker.harness.lab import Lab, bound_threads, record_fit_epochs, seed_everything
from worker.harness.mapping import map_array
from worker.sandbox import protocol
from worker.sandbox.protocol import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

Array = npt.NDArray[Any]
_REHEARSED_ROWS = 8

# Descriptors of a JOB frame, in this order.
JOB_DESCRIPTORS = ("source", "train_x", "train_y", "curve_x")


def serve_one_job(descriptor: int, *, threads: int, first_step: str | None) -> None:
    """All that a jail ever does: wait for one job on its socket, train, predict, end.

    A spare jail takes the `first_step` of this family while nobody waits for it. Every failure of student
    code becomes a FAILED frame.
    """
    connection = socket.socket(fileno=descriptor)
    with _silence():
        bound_threads(threads)
        if first_step is not None:
            with contextlib.suppress(Exception):
                warm.step_inside(first_step)
        _first_operation()
    frame = protocol.receive(connection, accept_descriptors=True)
    if frame is None:
        return  # nobody needed it
    descriptors = dict(zip(JOB_DESCRIPTORS, frame.descriptors, strict=True))
    os.register_at_fork(after_in_child=connection.close)
    try:
        with _only_in_this_process():
            _run(connection, frame.json(), descriptors)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are student code's too
        protocol.send(connection, Kind.FAILED, describe(error))
    finally:
        sys.stdout.flush()


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """What the frameworks say of themselves before there is a student to read it."""
    kept = [(number, os.dup(number)) for number in (1, 2)]
    nowhere = os.open("/dev/null", os.O_WRONLY)
    for number, _ in kept:
        os.dup2(nowhere, number)
    os.close(nowhere)
    try:
        yield
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)


def _run(connection: socket.socket, job: dict[str, Any], descriptors: dict[str, int]) -> None:
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding="utf-8", errors="replace", line_buffering=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), encoding="utf-8", errors="replace", line_buffering=True)
    # A crash inside a library then says in which line of the student's it happened.
    faulthandler.enable(2, all_threads=False)
    arrays = {
        name: map_array(descriptors[name], **job["arrays"][name])
        for name in ("train_x", "train_y", "curve_x")
    }
    facts = job["lab"]
    # A real module: pickle, torch.save and AutoGraph look a student's classes and functions up by its name.
    submission = ModuleType("submission")
    submission.__file__ = SourcePlace.path
    sys.modules["submission"] = submission
    namespace = vars(submission)

    def record(model: Any) -> None:
        answer = models.predict_ids_or_scores(
            model, arrays["curve_x"], n_classes=facts["n_classes"], student_predict=namespace.get("predict")
        )
        # All of these rows are data, so a failure is told at the first epoch and not after the last.
        if answer.ndim > 1 and not np.isfinite(answer).all():
            bad_rows = int((~np.isfinite(answer)).any(axis=1).sum())
            raise SubmissionFailure("predictions_not_finite", bad_rows=bad_rows)
        ids = answer if answer.ndim == 1 else answer.argmax(axis=1)
        protocol.send(connection, Kind.EPOCH, ids.astype("<i2").tobytes())

    lab = Lab(train_x=arrays["train_x"], train_y=arrays["train_y"], facts=facts, record=record)
    seed_everything(facts["seed"])
    record_fit_epochs(lab)
    model = _train(_load(descriptors["source"], namespace), lab)
    if model is not lab.recorded_model:
        # What is wrong with `predict` can be told in full now; of rows that come later, only its kind.
        few = arrays["train_x"][:_REHEARSED_ROWS].copy()
        models.predict_ids_or_scores(
            model, few, n_classes=facts["n_classes"], student_predict=namespace.get("predict")
        )
    sys.stdout.flush()
    claims = {**models.claims_of(model), "recorded_epochs": lab.recorded_epochs}
    protocol.send(connection, Kind.TRAINED, claims)
    request = protocol.receive(connection, accept_descriptors=True)
    if request is None:
        return
    asked = request.json()
    if not request.descriptors:
        raise OSError(errno.EMFILE, "Too many open files: there was none left for the evaluation rows")
    x = map_array(request.descriptors[0], dtype="float32", shape=asked["shape"])
    answer = models.predict_ids_or_scores(
        model, x, n_classes=facts["n_classes"], student_predict=namespace.get("predict")
    )
    kind = "float32" if answer.ndim == 2 else "int64"
    data = np.ascontiguousarray(answer, dtype="<f4" if kind == "float32" else "<i8").tobytes()
    protocol.send(connection, Kind.SCORES, protocol.pack_scores(kind, answer.shape, data))


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


def _first_operation() -> None:
    """PyTorch's first operation complains that /proc/cpuinfo is hidden; the student need not read that."""
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        torch.nn.functional.linear(torch.zeros(64, 4), torch.zeros(3, 4)).softmax(1)


def _load(descriptor: int, namespace: dict[str, Any]) -> Any:
    with os.fdopen(descriptor, "rb") as stream:
        stream.seek(0)
        source = stream.read()
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
