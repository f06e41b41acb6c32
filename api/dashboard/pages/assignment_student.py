"""An assignment as its students see it: what is asked, what they handed in, and a place to hand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.dashboard.pages.listing import SubmissionItem, submission_item
from api.dashboard.words import duration

if TYPE_CHECKING:
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
    "best": "The best result counts.",
    "last": "The last submission counts.",
    "chosen": "You choose which submission counts.",
}
DEVICE_NAMES = {"cpu": "processor", "gpu": "GPU", "any": "GPU where one is there, else processor"}


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
    max_points: float
    best_points: float | None
    asked: tuple[AskedRow, ...]
    limits: tuple[tuple[str, str], ...]
    submissions: tuple[SubmissionItem, ...]
    how_often: str
    counts: str
    supersedes: bool
    problem: str
    max_upload: str


def assignment_student_page(
    assignment: AssignmentDetails,
    *,
    own: list[SubmissionDetails],
    quota: QuotaStanding | None,
    max_upload_bytes: int,
    now: float,
    problem: str = "",
) -> AssignmentStudentPage:
    items = tuple(submission_item(details, staff=False) for details in own)
    return AssignmentStudentPage(
        slug=assignment.slug,
        title=assignment.spec.title,
        description=assignment.spec.description,
        due_at=assignment.due_at,
        is_over=assignment.due_at is not None and assignment.due_at < now,
        max_points=assignment.spec.max_points,
        best_points=max((item.points for item in items if item.points is not None), default=None),
        asked=asked_rows(assignment.spec),
        limits=_limits(assignment.spec),
        submissions=items,
        how_often=how_often(quota, now=now),
        counts=_COUNTS[assignment.spec.counting],
        supersedes=assignment.spec.supersede,
        problem=problem,
        max_upload=f"{max_upload_bytes / _MIB:.3g} MiB",
    )


def how_often(quota: QuotaStanding | None, *, now: float) -> str:
    """How many attempts there are, and when the next one comes."""
    if quota is None:
        return "You may hand in as often as you like."
    attempts = "1 attempt" if quota.left == 1 else f"{quota.left or 'no'} attempts"
    comes = "" if quota.next_at is None else f"; one more comes back in {duration(quota.next_at - now)}"
    return (
        f"You have {attempts} left{comes}. Code that gives no model is counted apart, and faults on our side "
        "cost nothing."
    )


def asked_rows(spec: AssignmentSpec) -> tuple[AskedRow, ...]:
    """The criteria that students know of, in a few words each."""
    return tuple(
        AskedRow(name=c.id.replace("_", " "), asked=_asked(c.grader, c.parameters), points=c.points)
        for c in spec.criteria
        if c.visibility != "staff"
    )


def _asked(grader: str, parameters: dict[str, object]) -> str:
    def share(name: str) -> str:
        value = parameters.get(name)
        return f"{100 * value:.3g} %" if isinstance(value, int | float) else "?"

    if grader == "accuracy" and "full_at" in parameters:
        return f"at least {share('full_at')} on the {parameters.get('part', 'test')} part"
    if grader == "generalization_gap" and parameters.get("measure", "error") == "error":
        return f"validation error at most {share('full_at_most')} above the training error"
    if grader == "architecture":
        return str(parameters.get("expected", "")).replace("_", " ")
    allowed = parameters.get("allowed")
    if grader == "framework" and isinstance(allowed, list | tuple):
        return ", ".join(FRAMEWORK_NAMES.get(str(name), str(name)) for name in allowed)
    return ""


def _limits(spec: AssignmentSpec) -> tuple[tuple[str, str], ...]:
    limits, split = spec.limits, spec.split
    rows = [
        *([("Device", DEVICE_NAMES[spec.device])] if spec.device != "cpu" else []),
        ("Data", f"{spec.dataset}: {split.train} training rows, {split.validation} for validation"),
        ("Training time", f"{limits.wall_time_s:g} s"),
        ("Memory", f"{limits.memory_bytes / _MIB:.0f} MiB"),
        ("Processor threads", str(limits.threads)),
    ]
    if spec.repeats > 1:
        rows.append(("Repeats", f"{spec.repeats}, each with a split and a seed of its own"))
    return tuple(rows)
