"""What runs inside the jail: load the file, train, then predict rows that only now arrive."""

from __future__ import annotations

import contextlib
import io
import mmap
import os
import socket
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.harness import models
from worker.harness.failures import SOURCE_PATH, SubmissionFailure, describe
from worker.harness.lab import Lab, record_fit_epochs, seed_everything
from worker.sandbox import protocol
from worker.sandbox.protocol import Kind

Array = npt.NDArray[Any]
# Map all pages at once (Linux 5.14): a fault each, in the middle of an epoch, costs more.
_MADV_POPULATE_READ = 22


def map_array(descriptor: int, *, dtype: str, shape: list[int]) -> Array:
    """A private, writable view of a sealed memfd: a student's in-place change touches only this jail."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    buffer = mmap.mmap(descriptor, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    os.close(descriptor)
    with contextlib.suppress(OSError):  # an older kernel: its pages come one by one
        buffer.madvise(_MADV_POPULATE_READ)
    return np.frombuffer(buffer, dtype=dtype).reshape(shape)


def run_submission(job: dict[str, Any], descriptors: dict[str, int]) -> None:
    """Train and predict over the jail's socket; every failure of student code becomes a FAILED frame."""
    connection = socket.socket(fileno=descriptors["jail"])
    try:
        _run(connection, job, descriptors)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are student code's too
        protocol.send(connection, Kind.FAILED, describe(error))
    finally:
        sys.stdout.flush()


def _run(connection: socket.socket, job: dict[str, Any], descriptors: dict[str, int]) -> None:
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding="utf-8", errors="replace", line_buffering=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), encoding="utf-8", errors="replace", line_buffering=True)
    arrays = {
        name: map_array(descriptors[name], **job["arrays"][name])
        for name in ("train_x", "train_y", "curve_x")
    }
    facts = job["lab"]
    namespace: dict[str, Any] = {"__name__": "submission", "__file__": SOURCE_PATH}

    def record(model: Any) -> None:
        answer = models.predict_ids_or_scores(
            model, arrays["curve_x"], n_classes=facts["n_classes"], student_predict=namespace.get("predict")
        )
        ids = answer if answer.ndim == 1 else answer.argmax(axis=1)
        protocol.send(connection, Kind.EPOCH, ids.astype("<i2").tobytes())

    lab = Lab(train_x=arrays["train_x"], train_y=arrays["train_y"], facts=facts, record=record)
    _first_operation()
    seed_everything(facts["seed"], job["limits"]["threads"])
    record_fit_epochs(lab)
    model = _train(_load(descriptors["source"], namespace), lab)
    sys.stdout.flush()
    claims = {**models.claims_of(model), "recorded_epochs": lab.recorded_epochs}
    protocol.send(connection, Kind.TRAINED, claims)
    request = protocol.receive(connection, accept_descriptors=True)
    if request is None:
        return
    asked = request.json()
    x = map_array(request.descriptors[0], dtype="float32", shape=asked["shape"])
    answer = models.predict_ids_or_scores(
        model, x, n_classes=facts["n_classes"], student_predict=namespace.get("predict")
    )
    kind = "float32" if answer.ndim == 2 else "int64"
    data = np.ascontiguousarray(answer, dtype="<f4" if kind == "float32" else "<i8").tobytes()
    protocol.send(connection, Kind.SCORES, protocol.pack_scores(kind, answer.shape, data))


def _first_operation() -> None:
    """PyTorch's first operation complains that /proc/cpuinfo is hidden; the student need not read that."""
    if "torch" not in sys.modules:
        return
    torch = sys.modules["torch"]
    torch.set_num_threads(1)
    visible, nowhere = os.dup(2), os.open("/dev/null", os.O_WRONLY)
    os.dup2(nowhere, 2)
    torch.nn.functional.linear(torch.zeros(64, 4), torch.zeros(3, 4)).softmax(1)
    os.dup2(visible, 2)
    os.close(visible)
    os.close(nowhere)


def _load(descriptor: int, namespace: dict[str, Any]) -> Any:
    with os.fdopen(descriptor, "rb") as stream:
        stream.seek(0)
        source = stream.read()
    # AutoGraph and tracebacks read the source from a file.
    with open(SOURCE_PATH, "wb") as out:
        out.write(source)
    code = compile(source, SOURCE_PATH, "exec", dont_inherit=True)
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
