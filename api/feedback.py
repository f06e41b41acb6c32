"""A report as a person reads it: sentences, figures, and the line of their own code that failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from api.advice import advice_out
from api.measured import measured_and_asked
from api.messages import render, render_code
from api.notebook import cell_of_line
from api.schemas import DiagnosisOut
from api.schemas_feedback import (
    CodeLineOut,
    CriterionFeedbackOut,
    CurvePointOut,
    FailureFeedbackOut,
    FeedbackOut,
    PartFeedbackOut,
)
from api.views import failure_out, reader_report

if TYPE_CHECKING:
    from api.language import Language
    from api.schemas import SubmissionOut
    from api.source import Source
    from graders.report import CriterionResult, Failure, PartMeasure, Report
    from store.repository import SubmissionDetails

_LINES_BEFORE: Final = 2
_LINES_AFTER: Final = 1
_MOST_COLUMNS: Final = 300
# As worker.harness.failures writes the frames of student code.
_FRAME = re.compile(r'File "submission\.py", line (\d+)')


def feedback_out(
    details: SubmissionDetails, submission: SubmissionOut, *, staff: bool, language: Language
) -> FeedbackOut:
    report = reader_report(details, staff=staff)
    repeats = details.spec.repeats
    return feedback_of(report, details.submission, submission, repeats=repeats, language=language)


def feedback_of(
    report: Report | None, file: Source, submission: SubmissionOut, *, repeats: int, language: Language = "en"
) -> FeedbackOut:
    """`report`: as its reader may see it; None before there is one."""
    failures = report.repeats_failed if report else ()
    return FeedbackOut(
        submission=submission,
        repeats=repeats,
        criteria=[_criterion(result, language) for result in report.criteria] if report else [],
        diagnosis=_diagnosis(report, language) if report else None,
        failure=_failure(report.failure, file, language) if report and report.failure else None,
        advice=advice_out(report, file, language) if report else [],
        failed_repeats=[_failure(failure, file, language) for failure in failures],
        notes=[render(message, language) for message in report.notes] if report else [],
        dropped_lines=list(file.dropped_lines or ()),
        parts=[_part(name, part) for name, part in report.parts.items()] if report else [],
        curve=[
            CurvePointOut(
                epoch=point.epoch,
                training_error=point.training_error,
                validation_error=point.validation_error,
            )
            for point in (report.learning_curve if report else ())
        ],
    )


def _criterion(result: CriterionResult, language: Language) -> CriterionFeedbackOut:
    measured, asked = measured_and_asked(result, language)
    return CriterionFeedbackOut(
        id=result.id,
        grader=result.grader,
        verdict=result.verdict,
        points=result.points,
        max_points=result.max_points,
        measured=measured,
        asked=asked,
        # Said once, as the failure, and not again at each criterion.
        sentences=[render(message, language) for message in result.messages if message.code != "run.failed"],
    )


def _diagnosis(report: Report, language: Language) -> DiagnosisOut | None:
    """With what stopping earlier would have scored."""
    if report.diagnosis is None:
        return None
    sentences = [render(message, language) for message in report.diagnosis.messages]
    if report.stopping is not None:
        sentences.append(render_code("stopping.would_have_scored", report.stopping.model_dump(), language))
    return DiagnosisOut(fit=report.diagnosis.fit, messages=sentences)


def _part(name: str, part: PartMeasure) -> PartFeedbackOut:
    return PartFeedbackOut(
        name=name,
        rows=part.error.n,
        accuracy=part.accuracy.value,
        error=part.error.value,
        low=part.error.low,
        high=part.error.high,
    )


def _failure(failure: Failure, file: Source, language: Language) -> FailureFeedbackOut:
    return FailureFeedbackOut(
        **failure_out(failure, file, language).model_dump(),
        repeat=failure.repeat,
        code_lines=_code_lines(failure, file),
        traceback=_in_cells(failure.traceback, file),
    )


def _code_lines(failure: Failure, file: Source) -> list[CodeLineOut]:
    """The line that failed and those around it; of a notebook, those of the same cell."""
    if failure.line is None:
        return []
    # Python counts lines by \n alone.
    lines = file.source.replace("\r\n", "\n").split("\n")
    place = cell_of_line(file.line_map, failure.line)
    found = []
    for number in range(failure.line - _LINES_BEFORE, failure.line + _LINES_AFTER + 1):
        if not 1 <= number <= len(lines):
            continue
        shown = number
        if place is not None:
            cell = cell_of_line(file.line_map, number)
            if cell is None or cell[0] != place[0]:
                continue
            shown = cell[1]
        text = lines[number - 1][:_MOST_COLUMNS]
        found.append(CodeLineOut(line=shown, text=text, failed=number == failure.line))
    while found and not found[-1].text.strip() and not found[-1].failed:
        found.pop()
    return found


def _in_cells(traceback: str, file: Source) -> str:
    """With the lines of a notebook as its reader counts them."""

    def place(match: re.Match[str]) -> str:
        cell = cell_of_line(file.line_map, int(match[1]))
        return match[0] if cell is None else f"Cell {cell[0]}, line {cell[1]}"

    return _FRAME.sub(place, traceback) if file.line_map else traceback
