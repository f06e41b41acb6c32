"""`labmark-server assignment`: specifications from files, for operators and for scripts."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.spec_document import SpecDocument, SpecError, read_document, spec_schema, write_spec
from graders.spec_places import path_text
from graders.spec_warnings import spec_warnings
from server.database import database_session
from store import repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from graders.spec_document import Fault
    from store.models import Course

assignments = typer.Typer(
    no_args_is_help=True, help="Assignments as documents: YAML, or JSON in a .json file."
)

Document = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="The specification: see docs/assignments.md")
]
Note = Annotated[str | None, typer.Option(help="For the list of versions: what, and why.")]


@assignments.command("validate")
def validate(
    file: Document,
    course: Annotated[str, typer.Option(help="Course whose own data sets it may name.")] = "",
) -> None:
    """Say what is wrong, as FILE:LINE: PATH: MESSAGE; status 1 if anything is. Stores nothing."""
    document = _read(file)
    # A document on a built-in data set is judged without any database.
    with database_session() as session:
        _require_data(session, file, document, [_course(session, course).id] if course else [])
    print(f"{file}: {document.spec.slug}, {document.spec.max_points:g} points, can be published.")


@assignments.command("create")
def create(
    course: Annotated[str, typer.Argument(help="Short name of the course.")],
    file: Document,
    due: Annotated[str, typer.Option(help="Due date with its offset: 2026-12-01T23:59+02:00")] = "",
    note: Note = None,
) -> None:
    """A new assignment of the course, at its version 1."""
    document, due_at = _read(file), _due_at(due)
    with database_session() as session:
        course_id = _course(session, course).id
        _require_data(session, file, document, [course_id])
        try:
            repository.author_assignment(
                session, course_id=course_id, spec=document.spec, author_id=None, due_at=due_at, note=note
            )
        except repository.SlugTakenError as taken:
            said = "another assignment has this name: change it, or see labmark-server assignment publish"
            raise _refused(file, [(document.line_of("slug"), f"slug: {said}")]) from taken
    print(f"{document.spec.slug} is in the course {course}, at version 1.")


@assignments.command("publish")
def publish(
    file: Document,
    made_from: Annotated[
        int | None,
        typer.Option("--from", help="Version that it was made from; refused if another is newest."),
    ] = None,
    note: Note = None,
) -> None:
    """A new version of the assignment that the document names. Stored grades stay as they are."""
    document = _read(file)
    slug = document.spec.slug
    with database_session() as session:
        assignment = repository.assignment_by_slug(session, slug)
        if assignment is None:
            said = f"slug: there is no assignment {slug!r}: see labmark-server assignment create"
            raise _refused(file, [(document.line_of("slug"), said)])
        _require_data(session, file, document, [assignment.course_id])
        try:
            version = repository.publish_version(
                session,
                assignment_id=assignment.id,
                spec=document.spec,
                author_id=None,
                made_from=None if made_from is None else [made_from],
                note=note,
            )
        except repository.VersionConflictError as conflict:
            raise typer.BadParameter(f"{slug}: {conflict}, not {made_from}") from conflict
        older = repository.older_grades(session, assignment.id)
    new = "published" if version != assignment.version else "the newest already, and asks just this"
    print(f"{slug}: version {version} is {new}.")
    if older.regrade_suffices or older.need_new_runs:
        print(
            f"{older.regrade_suffices + older.need_new_runs} submissions stay graded by older versions: "
            f"for {older.regrade_suffices} a regrade suffices, {older.need_new_runs} need new runs."
        )


@assignments.command("export")
def export(
    slug: str,
    version: Annotated[int | None, typer.Option(help="Without it: the newest.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON in place of YAML.")] = False,
) -> None:
    """Print the specification of an assignment, as `publish` takes it."""
    with database_session() as session:
        assignment = repository.assignment_by_slug(session, slug)
        if assignment is None:
            raise typer.BadParameter(f"there is no assignment {slug!r}")
        try:
            spec = repository.spec_of_version(session, assignment.id, version or assignment.version)
        except LookupError as missing:
            raise typer.BadParameter(
                f"{slug} has no version {version}; the newest is {assignment.version}"
            ) from missing
    sys.stdout.write(write_spec(spec, form="json" if as_json else "yaml"))


@assignments.command("schema")
def schema() -> None:
    """Print the JSON Schema of a specification, for editors."""
    print(json.dumps(spec_schema(), indent=2))


def _read(file: Path) -> SpecDocument:
    """Prints what its author can hardly have meant. Raises typer.Exit after the faults are printed."""
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(file, [(line, "is not UTF-8")]) from error
    try:
        document = read_document(text, form="json" if file.suffix.lower() == ".json" else "yaml")
    except SpecError as error:
        raise _refused(file, _lines(error.faults)) from error
    for path, said in spec_warnings(document.spec):
        print(f"{file}:{document.line_of(*path)}: warning: {path_text(path)}: {said}", file=sys.stderr)
    return document


def _require_data(session: Session, file: Path, document: SpecDocument, course_ids: list[str]) -> None:
    faults = repository.data_faults(session, course_ids=course_ids, spec=document.spec, hold=True)
    if faults:
        raise _refused(file, _lines(document.placed(fault) for fault in faults))


def _lines(faults: Iterable[Fault]) -> list[tuple[int | None, str]]:
    return [(fault.line, str(fault)) for fault in faults]


def _refused(file: Path, told: Iterable[tuple[int | None, str]]) -> typer.Exit:
    for line, said in told:
        print(f"{file}:{line}: {said}", file=sys.stderr)
    return typer.Exit(1)


def _course(session: Session, slug: str) -> Course:
    found = repository.course_by_slug(session, slug)
    if found is None:
        raise typer.BadParameter(f"there is no course {slug!r}: see labmark-server course create")
    return found


def _due_at(text: str) -> float | None:
    if not text:
        return None
    try:
        due = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no date: write 2026-12-01T23:59+02:00") from error
    if due.tzinfo is None:
        raise typer.BadParameter(
            f"{text!r} has no offset from UTC: write {text}+02:00, or whichever yours is"
        )
    return due.timestamp()
