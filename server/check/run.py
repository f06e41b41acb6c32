"""The way of a submission through a service, in one process and its jails."""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from api.feedback import feedback_of
from api.schemas import SubmissionOut
from api.sentences import SENTENCES
from api.source import SourceError, SourceFile, read_source
from api.visibility import report_for_reader
from graders import evidence_format
from graders.grade import grade
from graders.labs import LABS
from graders.spec import AssignmentSpec
from server.check.messages import StopCheckError, require_framework
from worker.imported import zygote_framework
from worker.plain import PlainRunner, processors
from worker.plain_process import FrameworkError
from worker.sandbox.client import Calls
from worker.sandbox.logs import set_up_logs
from worker.text import logs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.language import Language
    from graders.report import Report
    from server.check.messages import Request, Teller
    from server.check.training import Trainer
    from worker.training import Runner

_MIB: Final = 1024 * 1024
# What a service takes, if its settings are not changed (`store.settings`): of a file, of the code of a
# notebook, and of a notebook with its outputs.
_MOST_BYTES, _MOST_CODE_BYTES, _MOST_NOTEBOOK_BYTES = _MIB, _MIB, 8 * _MIB


def check(request: Request, teller: Teller) -> None:
    """Tells all that there is to tell. Raises StopCheckError; what else it raises is our fault."""
    set_up_logs()
    file, spec = _file(request), _spec(request)
    framework = zygote_framework(file.source, spec)
    require_framework(framework, jail=request.jail)
    calls = Calls()
    threading.Thread(target=_end_with_the_asker, args=(calls,), daemon=True).start()
    teller.tell("state", state="importing", framework=framework)
    with ThreadPoolExecutor(1) as beside:
        # While the frameworks are imported, which takes longer.
        loading = beside.submit(_trainer, request, spec, teller)
        runners = _jailed(framework) if request.jail else _plain(framework, repeats=spec.repeats)
        with runners as runner:
            trainer = loading.result()
            evidence = trainer.train(file, runner=runner, calls=calls)
    if request.evidence_to is not None:
        request.evidence_to.write_bytes(evidence_format.to_bytes(evidence))
    tried = trainer.spec
    report = report_for_reader(grade(tried, evidence), spec=tried, staff=True, due_at=None, now=time.time())
    submission = _submission(request, file, tried, report)
    language = _language(request.language)
    feedback = feedback_of(report, file, submission, repeats=tried.repeats, language=language)
    differs = _differs(request, spec, tried)
    teller.tell("done", feedback=feedback.model_dump(mode="json"), log=logs_of(evidence), differs=differs)


def _end_with_the_asker(calls: Calls) -> None:
    """Who asked holds stdin open as long as there is somebody to read the answer."""
    while os.read(0, 4096):
        pass
    calls.break_off()
    if sys.platform == "win32":  # a signal would end it at once, with what it has started left
        _thread.interrupt_main()
    else:
        os.kill(os.getpid(), signal.SIGINT)


@contextlib.contextmanager
def _jailed(framework: str) -> Iterator[Runner]:
    # What makes jails can be imported on Linux alone.
    from worker.local import NoJailError, local_runner  # noqa: PLC0415
    from worker.sandbox.pool import Pool  # noqa: PLC0415
    from worker.sandbox.zygotes import ZygoteError  # noqa: PLC0415

    try:
        with local_runner(framework, slots=processors()) as socket:
            yield Pool(socket)
    except NoJailError as error:
        raise StopCheckError("no_jail", missing=error.missing) from error
    except ZygoteError as error:
        raise StopCheckError("no_framework", framework=framework, detail=str(error)) from error


@contextlib.contextmanager
def _plain(framework: str, *, repeats: int) -> Iterator[Runner]:
    runner = PlainRunner(framework, slots=processors(), jobs=repeats)
    try:
        yield runner
    except FrameworkError as error:
        raise StopCheckError("no_framework", framework=framework, detail=str(error)) from error
    finally:
        runner.close()


def _trainer(request: Request, spec: AssignmentSpec, teller: Teller) -> Trainer:
    from server.check.training import Trainer  # noqa: PLC0415 - beside the frameworks, not before them

    return Trainer(request, spec, teller)


def _language(wanted: str) -> Language:
    found: Language
    for found in SENTENCES:
        if found == wanted:
            return found
    return "en"


def _file(request: Request) -> SourceFile:
    size = len(request.content)
    most = _MOST_NOTEBOOK_BYTES if request.filename.lower().endswith(".ipynb") else _MOST_BYTES
    if size > most:
        raise StopCheckError("too_large", detail=f"{size} > {most}")
    try:
        return read_source(
            filename=request.filename, content=request.content, max_notebook_bytes=_MOST_CODE_BYTES
        )
    except SourceError as error:
        raise StopCheckError(error.code, detail=error.said(_language(request.language))) from error


def _spec(request: Request) -> AssignmentSpec:
    if request.spec is None:
        if request.assignment not in LABS:
            raise StopCheckError("no_spec", assignment=request.assignment)
        return LABS[request.assignment]
    try:
        return AssignmentSpec.model_validate(request.spec)
    except ValidationError as error:
        # Of a service that is newer than this program, most likely.
        raise StopCheckError("bad_spec", assignment=request.assignment, detail=str(error)) from error


def _submission(request: Request, file: SourceFile, spec: AssignmentSpec, report: Report) -> SubmissionOut:
    now = time.time()
    return SubmissionOut(
        id="", assignment=request.assignment, filename=file.filename, user="", display_name="",
        state=report.outcome, notice=None, queue_position=None, estimated_start_at=None, device="cpu",
        waits_for=None, points=report.points, max_points=spec.max_points, created_at=now, finished_at=now,
        wall_s=report.resources.get("train_wall_s"), failure=None, error=None, flagged=None, diagnosis=None,
        links={},
    )  # fmt: skip


def _differs(request: Request, spec: AssignmentSpec, tried: AssignmentSpec) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if tried.split != spec.split:
        sizes = {name: size for name, size in tried.split.model_dump().items() if name != "board"}
        found.append({"code": "split", **sizes})
    if not request.jail:
        found.append({"code": "no_jail"})
    if spec.device != "cpu":
        found.append({"code": "cpu"})
    return found
