"""Instructors' own data sets: registered for a course, described, usable by its assignments."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials  # noqa: TC002 - FastAPI reads it at run time

from api.dataset_upload import BODY, DatasetUpload, read_dataset_upload
from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - as above
from api.errors import ProblemError, documented
from api.language import profile_language, wanted_language
from api.paging import Cursor, next_page, page_of
from api.parameters import CourseSlug, DatasetName, ManyLimit  # noqa: TC001 - as above
from api.schemas_dataset import DatasetFactsOut, DatasetOut, DatasetsOut
from api.security import LanguageDep, PrincipalDep, bearer, principal
from api.told import Told, said
from store import repository
from store.dataset_files import DatasetInvalidError, read_dataset, to_archive, warnings_of
from store.engine import reading, transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.language import Language

router = APIRouter(prefix="/api/v1/courses/{course}/datasets", tags=["datasets"])
_READING = documented("unauthenticated", "not_found", "validation_failed")
# A large file takes some hundred megabytes while it is read: not several times that at once.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class _Author:
    user_id: str
    course_id: str
    language: Language


def _author(
    course: CourseSlug,
    request: Request,
    services: ServicesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> _Author:
    """In a session that ends before the body is read, which may take a minute."""
    with reading(services.engine) as session:
        who = principal(session, credentials)
        return _Author(
            user_id=who.user_id,
            course_id=_authored_course(session, who, course),
            language=wanted_language(request) or profile_language(who) or "en",
        )


AuthorDep = Annotated[_Author, Depends(_author)]


async def _upload(request: Request, _: AuthorDep) -> DatasetUpload:
    # After the author is known: nobody else makes us read a body.
    return await read_dataset_upload(request)


@router.post(
    "",
    status_code=201,
    responses=documented(
        *("bad_request", "unauthenticated", "forbidden", "not_found", "dataset_name_taken", "too_large"),
        *("unsupported_media_type", "validation_failed", "dataset_invalid"),
    ),
    openapi_extra=BODY,
)
def register_dataset(
    course: CourseSlug,
    author: AuthorDep,
    upload: Annotated[DatasetUpload, Depends(_upload)],
    services: ServicesDep,
    response: Response,
) -> DatasetOut:
    """Checked, described and kept. Whatever is wrong with the file is said at once, with its place."""
    with _one_at_a_time:
        new = _read(upload)
    with transaction(services.engine) as session:
        try:
            details = repository.create_dataset(
                session, course_id=author.course_id, author_id=author.user_id, new=new
            )
        except repository.DatasetNameTakenError as error:
            raise ProblemError("dataset_name_taken", name=new.name) from error
    found = _dataset_out(details, course, author.language)
    response.headers["Location"] = found.links["self"]
    return found


@router.get("", responses=_READING)
def list_datasets(  # noqa: PLR0917 - FastAPI gives them by name
    course: CourseSlug,
    request: Request,
    session: ReadingDep,
    who: PrincipalDep,
    language: LanguageDep,
    after: Cursor = None,
    limit: ManyLimit = 1000,
) -> DatasetsOut:
    """By name. For graders and instructors of the course."""
    course_id, _ = _staffed_course(session, who, course)
    found = repository.datasets_for(session, [course_id])
    shown, cursor = page_of(found, lambda each: (each.name,), after=after, limit=limit)
    own, asked = f"/api/v1/courses/{course}/datasets", request.query_params.get("language")
    return DatasetsOut(
        items=[_dataset_out(each, course, language) for each in shown],
        next=next_page(own, limit=limit, language=asked, after=cursor) if cursor else None,
    )


@router.get("/{name}", responses=_READING)
def get_dataset(
    course: CourseSlug, name: DatasetName, session: ReadingDep, who: PrincipalDep, language: LanguageDep
) -> DatasetOut:
    """What is known of it. For graders and instructors of the course."""
    course_id, _ = _staffed_course(session, who, course)
    return _dataset_out(_own_dataset(session, course_id, name), course, language)


@router.delete(
    "/{name}",
    status_code=204,
    responses=documented("unauthenticated", "forbidden", "not_found", "dataset_in_use", "validation_failed"),
)
def delete_dataset(name: DatasetName, author: AuthorDep, services: ServicesDep) -> None:
    """Only while no version of any assignment uses it."""
    with transaction(services.engine) as session:
        _own_dataset(session, author.course_id, name)
        try:
            repository.delete_dataset(session, name=name, actor_id=author.user_id)
        except repository.DatasetInUseError as error:
            raise ProblemError("dataset_in_use", users=error.assignments) from error


def _read(upload: DatasetUpload) -> repository.NewDataset:
    """Everything that takes time, so that the transaction takes none. Raises ProblemError."""
    try:
        dataset = read_dataset(
            filename=upload.filename, content=upload.content, label_column=upload.label_column
        )
    except DatasetInvalidError as error:
        faults = [
            {"location": fault.location, "code": fault.said.code, "message": fault.said}
            for fault in error.faults
        ]
        told = [Told("fault.at", fault) for fault in faults[:5]]
        raise ProblemError("dataset_invalid", errors=faults, faults=told) from error
    return repository.NewDataset(
        name=upload.name, sha256=dataset.sha256, facts=dataset.facts(), archive=to_archive(dataset)
    )


def _staffed_course(
    session: Session, who: repository.Principal, slug: str
) -> tuple[str, repository.Role | None]:
    """Id and role. To students, and to strangers, a course's data sets are not there."""
    course = repository.course_by_slug(session, slug)
    role = None if course is None else repository.course_role(session, who, course.id)
    if course is None or not repository.is_staff(role):
        raise ProblemError("not_found", "datasets", slug=slug)
    return course.id, role


def _authored_course(session: Session, who: repository.Principal, slug: str) -> str:
    course_id, role = _staffed_course(session, who, slug)
    if role == "grader":
        raise ProblemError("forbidden", "datasets")
    return course_id


def _own_dataset(session: Session, course_id: str, name: str) -> repository.DatasetDetails:
    details = repository.dataset_by_name(session, name)
    if details is None or details.course_id != course_id:
        raise ProblemError("not_found", "dataset", name=name)
    return details


def _dataset_out(details: repository.DatasetDetails, course: str, language: Language) -> DatasetOut:
    return DatasetOut(
        name=details.name,
        course=course,
        sha256=details.sha256,
        facts=DatasetFactsOut.model_validate(details.facts),
        warnings=[said(doubt, language) for doubt in warnings_of(details.facts)],
        author=details.author,
        created_at=details.created_at,
        links={"self": f"/api/v1/courses/{course}/datasets/{details.name}"},
    )
