"""Instructors' own data sets. Their archives are megabytes: only `dataset_archive` reads one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, delete, select
from sqlalchemy.exc import IntegrityError

from store.dataset_files import BUILT_IN_FACTS
from store.ids import new_id
from store.models import Assignment, AssignmentVersion, DatasetRecord, User
from store.repository.audit import audit

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


class DatasetNameTakenError(Exception):
    """Names are unique in the whole service: a spec names its data set and no course."""


class DatasetInUseError(Exception):
    """What was asked of students, and may be run again, needs its rows. `assignments`: slugs."""

    def __init__(self, assignments: list[str]) -> None:
        super().__init__(f"used by {', '.join(assignments)}")
        self.assignments = assignments


@dataclass(frozen=True, kw_only=True)
class NewDataset:
    """Read and described before the transaction begins: see `store.dataset_files`."""

    name: str
    sha256: str
    facts: dict[str, Any]
    archive: bytes


@dataclass(frozen=True, kw_only=True)
class DatasetDetails:
    """All of a data set but its rows. `author`: a user's name; `facts`: as `OwnDataset.facts` tells them."""

    id: str
    name: str
    course_id: str
    sha256: str
    facts: dict[str, Any]
    author: str
    created_at: float


def create_dataset(
    session: Session, *, course_id: str, author_id: str, new: NewDataset, now: float | None = None
) -> DatasetDetails:
    """Raises DatasetNameTakenError, also for the names of the built-in data sets."""
    if new.name in BUILT_IN_FACTS or dataset_by_name(session, new.name) is not None:
        raise DatasetNameTakenError(new.name)
    record = DatasetRecord(
        id=new_id(),
        name=new.name,
        course_id=course_id,
        sha256=new.sha256,
        facts=new.facts,
        archive=new.archive,
        author_id=author_id,
        created_at=time.time() if now is None else now,
    )
    session.add(record)
    try:
        session.flush()
    except IntegrityError as error:
        # Another transaction took the name since it was looked for.
        raise DatasetNameTakenError(new.name) from error
    detail = {"name": new.name, "sha256": new.sha256, "rows": new.facts["rows"]}
    audit(
        session,
        actor_id=author_id,
        action="dataset.registered",
        subject=record.id,
        course_id=course_id,
        detail=detail,
        now=now,
    )
    found = dataset_by_name(session, new.name)
    assert found is not None
    return found


def datasets_for(session: Session, course_ids: Collection[str]) -> list[DatasetDetails]:
    """Those registered in these courses, by name."""
    query = _details_query().where(DatasetRecord.course_id.in_(course_ids)).order_by(DatasetRecord.name)
    return [_details(row) for row in session.execute(query)]


def dataset_by_name(session: Session, name: str, *, hold: bool = False) -> DatasetDetails | None:
    """`hold`: for whoever is about to store a spec that names it; until they commit, nobody deletes it."""
    query = _details_query().where(DatasetRecord.name == name)
    if hold:
        query = query.with_for_update(read=True, of=DatasetRecord)
    row = session.execute(query).first()
    return None if row is None else _details(row)


def dataset_archive(session: Session, name: str) -> tuple[str, bytes] | None:
    """(sha256 of its arrays, .npz bytes): what a worker makes its rows of."""
    row = session.execute(
        select(DatasetRecord.sha256, DatasetRecord.archive).where(DatasetRecord.name == name)
    ).first()
    return None if row is None else (row.sha256, row.archive)


def delete_dataset(session: Session, *, name: str, actor_id: str, now: float | None = None) -> bool:
    """False where there is none of that name. Raises DatasetInUseError while a version of a spec names it."""
    query = select(DatasetRecord.id, DatasetRecord.course_id, DatasetRecord.sha256)
    found = session.execute(query.where(DatasetRecord.name == name).with_for_update()).first()
    if found is None:
        return False
    users = list(
        session.scalars(
            select(Assignment.slug)
            .join(AssignmentVersion, AssignmentVersion.assignment_id == Assignment.id)
            .where(AssignmentVersion.spec["dataset"].as_string() == name)
            .distinct()
            .order_by(Assignment.slug)
        )
    )
    if users:
        raise DatasetInUseError(users)
    session.execute(delete(DatasetRecord).where(DatasetRecord.id == found.id))
    audit(
        session,
        actor_id=actor_id,
        action="dataset.deleted",
        subject=found.id,
        course_id=found.course_id,
        detail={"name": name, "sha256": found.sha256},
        now=now,
    )
    return True


def _details_query() -> Select[Any]:
    return select(
        DatasetRecord.id,
        DatasetRecord.name,
        DatasetRecord.course_id,
        DatasetRecord.sha256,
        DatasetRecord.facts,
        User.name.label("author"),
        DatasetRecord.created_at,
    ).join(User, User.id == DatasetRecord.author_id)


def _details(row: Row[Any]) -> DatasetDetails:
    return DatasetDetails(**row._asdict())
