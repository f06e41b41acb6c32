"""An assignment as its students see it: what is asked, what they handed in, and a place to hand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api import wording
from api.dashboard.pages.listing import SubmissionItem, submission_item
from api.dashboard.pages.paging import Paging, page_number, paged
from api.dashboard.texts import named, say
from api.dashboard.words import criterion_name, description_of, duration
from api.starters.texts import title_of

if TYPE_CHECKING:
    from api.language import Language
    from graders.spec import AssignmentSpec
    from store.quota import QuotaStanding
    from store.repository import AssignmentDetails, SubmissionDetails

_MIB = 1024 * 1024
FRAMEWORK_NAMES = {
    "pytorch": "PyTorch",
    "lightning": "PyTorch Lightning",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
}
_COUNTS: Final = {
    "best": "assignment.best_counts",
    "last": "assignment.last_counts",
    "chosen": "assignment.chosen_counts",
}
DEVICE_NAMES: Final = {
    "cpu": "assignment.device_cpu",
    "gpu": "assignment.device_gpu",
    "any": "assignment.device_any",
}


@dataclass(frozen=True, kw_only=True)
class AskedRow:
    name: str
    asked: str
    points: float


@dataclass(frozen=True, kw_only=True)
class AssignmentStudentPage:
    """`problem` says why the file that was just sent was not taken."""

    slug: str
    title: str
    description: str
    due_at: float | None
    is_over: bool
    is_extended: bool
    max_points: float
    best_points: float | None
    asked: tuple[AskedRow, ...]
    limits: tuple[tuple[str, str], ...]
    submissions: tuple[SubmissionItem, ...]
    paging: Paging
    how_often: str
    counts: str
    supersedes: bool
    has_leaderboard: bool
    problem: str
    max_upload_bytes: int


def assignment_student_page(
    assignment: AssignmentDetails,
    language: Language,
    *,
    own: list[SubmissionDetails],
    quota: QuotaStanding | None,
    moved_to: float | None,
    max_upload_bytes: int,
    now: float,
    page: str = "",
    problem: str = "",
) -> AssignmentStudentPage:
    items = [submission_item(details, language, staff=False) for details in own]
    due_at = max(filter(None, (assignment.due_at, moved_to)), default=None)
    shown, paging = paged(items, page_number(page), {}, anchor="#own")
    return AssignmentStudentPage(
        slug=assignment.slug,
        title=title_of(assignment.spec, language),
        description=description_of(assignment.spec, language),
        due_at=due_at,
        is_over=due_at is not None and due_at < now,
        is_extended=moved_to is not None and moved_to == due_at,
        max_points=assignment.spec.max_points,
        best_points=max((item.points for item in items if item.points is not None), default=None),
        asked=asked_rows(assignment.spec, language),
        limits=_limits(assignment.spec, language),
        submissions=tuple(shown),
        paging=paging,
        how_often=how_often(quota, language, now=now),
        counts=say(language, _COUNTS[assignment.spec.counting]),
        supersedes=assignment.spec.supersede,
        has_leaderboard=assignment.spec.leaderboard is not None,
        problem=problem,
        max_upload_bytes=max_upload_bytes,
    )


def how_often(quota: QuotaStanding | None, language: Language, *, now: float) -> str:
    """How many attempts there are, and when the next one comes."""
    if quota is None:
        return say(language, "assignment.no_quota")
    sentences = [say(language, "assignment.left" if quota.left else "assignment.none_left", count=quota.left)]
    if quota.next_at is not None:
        comes = duration(language, quota.next_at - now)
        sentences.append(say(language, "assignment.comes_back", time=comes))
    return " ".join([*sentences, say(language, "assignment.failures_apart")])


def asked_rows(spec: AssignmentSpec, language: Language) -> tuple[AskedRow, ...]:
    """The criteria that students know of, in a few words each."""
    return tuple(
        AskedRow(
            name=criterion_name(c.id, language),
            asked=_asked(c.grader, c.parameters, language),
            points=c.points,
        )
        for c in spec.criteria
        if c.visibility != "staff"
    )


def _asked(grader: str, parameters: dict[str, object], language: Language) -> str:
    def value(name: str) -> object:
        return parameters.get(name, wording.UNKNOWN)

    if grader == "accuracy" and "full_at" in parameters:
        part = named(language, "part", str(parameters.get("part", "test")))
        return say(language, "assignment.asked_accuracy", full=value("full_at"), part=part)
    if grader == "generalization_gap":
        loss = parameters.get("measure", "error") == "loss"
        key = "assignment.asked_gap_loss" if loss else "assignment.asked_gap"
        return say(language, key, limit=value("full_at_most"))
    if grader == "architecture":
        return named(language, "architecture", str(parameters.get("expected", "")))
    allowed = parameters.get("allowed")
    if grader == "framework" and isinstance(allowed, list | tuple):
        return ", ".join(FRAMEWORK_NAMES.get(str(name), str(name)) for name in allowed)
    return ""


def _limits(spec: AssignmentSpec, language: Language) -> tuple[tuple[str, str], ...]:
    def row(key: str, value: str) -> tuple[str, str]:
        return say(language, key), value

    limits, split = spec.limits, spec.split
    data = say(
        language, "assignment.data_rows", name=spec.dataset, train=split.train, validation=split.validation
    )
    rows = [
        *(
            [row("assignment.device", say(language, DEVICE_NAMES[spec.device]))]
            if spec.device != "cpu"
            else []
        ),
        row("assignment.data", data),
        row("assignment.training_time", wording.duration(language, limits.wall_time_s)),
        row("assignment.memory", wording.size(language, limits.memory_bytes)),
        row("assignment.threads", str(limits.threads)),
    ]
    if spec.repeats > 1:
        rows.append(row("assignment.repeats", say(language, "assignment.repeats_each", count=spec.repeats)))
    return tuple(rows)
