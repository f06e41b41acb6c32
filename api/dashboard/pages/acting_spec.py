"""The editor of an assignment's document: its text, what is wrong with it, whose grade it would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from api.dashboard.pages.acting_differences import Differences, differences
from api.dashboard.texts import say
from api.dashboard.words import criterion_name
from api.told import said
from graders.spec_places import path_text
from graders.spec_warnings import spec_warnings

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.authoring import Checked
    from api.dashboard.pages.acting_acts import ActLine
    from api.language import Language
    from api.regrading import WhatIf
    from graders.spec_document import SpecDocument
    from store.regrading import Change
    from store.repository import Draft, VersionRow

CHANGES_A_PAGE: Final = 20
Conflict = Literal["draft", "version"]


@dataclass(frozen=True, kw_only=True)
class FaultLine:
    """`quoted`: what stands in the document there."""

    line: int | None
    where: str
    message: str
    allowed: str
    quoted: str


@dataclass(frozen=True, kw_only=True)
class CheckedSpec:
    """`status` is one short sentence, for a live region; `max_points` only where it is valid."""

    valid: bool
    status: str
    faults: tuple[FaultLine, ...]
    warnings: tuple[FaultLine, ...]
    max_points: float | None


@dataclass(frozen=True, kw_only=True)
class ChangeRow:
    student: str
    href: str
    before: float
    after: float
    verdicts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WhatIfPage:
    """`rows`: those of this page, counted from 1."""

    judged: int
    changed: int
    up: int
    down: int
    need_new_runs: int
    rows: tuple[ChangeRow, ...]
    page: int
    pages: int


@dataclass(frozen=True, kw_only=True)
class Meanwhile:
    """Somebody else's work that an author has not seen: a draft, or a version that was published."""

    kind: Conflict
    author: str
    at: float
    version: int
    differences: Differences


@dataclass(frozen=True, kw_only=True)
class SpecPage:
    """`address`: of the editor, under which its acts are; `seen`: the revision of the draft that is shown.

    `checked` is there on every page that is shown; the fields below it, where there is something to tell.
    """

    address: str
    back_href: str
    slug: str
    title: str
    is_new: bool
    may_write: bool
    text: str
    version: int
    made_from: int
    seen: str
    draft: Draft | None
    checked: CheckedSpec
    what_if: WhatIfPage | None = None
    meanwhile: Meanwhile | None = None
    done: ActLine | None = None
    problem: str = ""
    note: str = ""
    due_at: str = ""
    templates: tuple[tuple[str, str], ...] = ()
    template: str = ""
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PublishPage:
    """Asked before a version is published: what changes in the document, and for whom."""

    address: str
    slug: str
    text: str
    made_from: int
    seen: str
    note: str
    next_version: int
    differences: Differences
    checked: CheckedSpec
    what_if: WhatIfPage


def checked_spec(checked: Checked, text: str, language: Language) -> CheckedSpec:
    lines = text.splitlines()

    def quoted(line: int | None) -> str:
        return lines[line - 1].strip() if line and line <= len(lines) else ""

    faults = tuple(
        FaultLine(
            line=fault.line,
            where=fault.path,
            message=said(fault.said, language),
            allowed=said(fault.allowed, language) or "",
            quoted=quoted(fault.line),
        )
        for fault in checked.faults
    )
    document = checked.document
    warnings = () if document is None else _warnings(document, quoted, language)
    if document is None:
        status = say(language, "spec.status_faults", count=len(faults))
    else:
        key = "spec.status_warnings" if warnings else "spec.status_valid"
        status = say(language, key, points=document.spec.max_points, count=len(warnings))
    return CheckedSpec(
        valid=document is not None,
        status=status,
        faults=faults,
        warnings=warnings,
        max_points=None if document is None else document.spec.max_points,
    )


def _warnings(
    document: SpecDocument, quoted: Callable[[int | None], str], language: Language
) -> tuple[FaultLine, ...]:
    found = []
    for path, doubt in spec_warnings(document.spec):
        line, message = document.line_of(*path), said(doubt, language)
        found.append(
            FaultLine(line=line, where=path_text(path), message=message, allowed="", quoted=quoted(line))
        )
    return tuple(found)


def what_if_page(found: WhatIf, language: Language, *, page: int) -> WhatIfPage:
    """The greatest changes first; a page that is not there is the nearest one that is."""
    changes = sorted(found.changes, key=lambda c: (-abs(c.points_after - c.points_before), c.target.student))
    pages = max(1, -(-len(changes) // CHANGES_A_PAGE))
    page = min(max(1, page), pages)
    shown = changes[(page - 1) * CHANGES_A_PAGE : page * CHANGES_A_PAGE]
    return WhatIfPage(
        judged=found.judged,
        changed=len(changes),
        up=sum(change.points_after > change.points_before for change in changes),
        down=sum(change.points_after < change.points_before for change in changes),
        need_new_runs=found.need_new_runs,
        rows=tuple(_change(change, language) for change in shown),
        page=page,
        pages=pages,
    )


def draft_meanwhile(draft: Draft | None, text: str) -> Meanwhile | None:
    """None: it was published or discarded, and nothing of it is left to look at."""
    if draft is None:
        return None
    return Meanwhile(
        kind="draft",
        author=draft.author,
        at=draft.saved_at,
        version=draft.made_from,
        differences=differences(draft.text, text),
    )


def version_meanwhile(newest: VersionRow, *, seen: str, now: str, language: Language) -> Meanwhile:
    """`seen` and `now`: the documents of the version that the author began with, and of the newest."""
    return Meanwhile(
        kind="version",
        author=newest.author or say(language, "act.system"),
        at=newest.created_at,
        version=newest.version,
        differences=differences(seen, now),
    )


def _change(change: Change, language: Language) -> ChangeRow:
    return ChangeRow(
        student=change.target.student,
        href=f"/submissions/{change.target.submission_id}",
        before=change.points_before,
        after=change.points_after,
        verdicts=tuple(
            say(
                language,
                "spec.verdict_change",
                criterion=criterion_name(name, language),
                before=_verdict(language, was),
                after=_verdict(language, now),
            )
            for name, was, now in change.criteria
        ),
    )


def _verdict(language: Language, verdict: str | None) -> str:
    return say(language, f"verdict.{verdict}") if verdict else say(language, "spec.no_verdict")
