"""The tables. Times are UTC seconds since the epoch, as float, everywhere."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
STATES = (
    *("queued", "claimed", "training", "evaluating"),
    *("graded", "failed", "errored", "cancelled", "superseded"),
)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        float: Double(),
        str: String(),
        bytes: LargeBinary(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(none_as_null=True),
    }


class Course(Base):
    __tablename__ = "courses"
    id: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    created_at: Mapped[float]


class User(Base):
    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    is_admin: Mapped[bool]
    email: Mapped[str | None] = mapped_column(unique=True, index=True)  # in small letters
    language: Mapped[str | None]  # None: as the browser asks
    created_at: Mapped[float]


class Password(Base):
    """argon2id, with its parameters. Apart from users, so that no page that shows people ever holds it."""

    __tablename__ = "passwords"
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    hash: Mapped[str]
    changed_at: Mapped[float]


class Invitation(Base):
    """A link that lets one person choose a password, once; of its secret only the SHA-256 is kept.

    `purpose` invitation: the first password. reset: another one, which an operator gave.
    """

    __tablename__ = "invitations"
    __table_args__ = (CheckConstraint("purpose in ('invitation', 'reset')", name="purpose"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    course_id: Mapped[str | None] = mapped_column(ForeignKey("courses.id"), index=True)
    purpose: Mapped[str]
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))  # None: the operator
    created_at: Mapped[float]
    expires_at: Mapped[float]
    used_at: Mapped[float | None]
    revoked_at: Mapped[float | None]


class Identity(Base):
    """Somebody's account at an OpenID provider. `subject` is theirs for good, unlike their e-mail address."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    created_at: Mapped[float]


class KnownDevice(Base):
    """A browser in which somebody signed in with their password before; the SHA-256 of its cookie."""

    __tablename__ = "known_devices"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[float] = mapped_column(index=True)


class SignInTries(Base):
    """How many tries somebody has used up at `at`; they come back with time. See `store.sign_in_limits`."""

    __tablename__ = "sign_in_tries"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # a SHA-256
    used: Mapped[float]
    at: Mapped[float] = mapped_column(index=True)


class Token(Base):
    """Only the SHA-256 is kept: a stolen database opens nothing."""

    __tablename__ = "tokens"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str]  # a ceiling on what its owner may do with it
    scopes: Mapped[list[Any] | None]  # what else it is limited to; None: nothing
    label: Mapped[str]
    # The token that it was made with, and is revoked with: a stolen one must not leave others behind.
    # No foreign key: a backup is restored row by row, in an order in which this one may come first.
    made_with: Mapped[str | None]
    created_at: Mapped[float]
    expires_at: Mapped[float | None]
    revoked_at: Mapped[float | None]


class WebSession(Base):
    """A browser that signed in; the cookie's SHA-256. It ends with its token, its expiry, or signing out."""

    __tablename__ = "web_sessions"
    id: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    # None: opened with something other than a token.
    token_id: Mapped[str | None] = mapped_column(ForeignKey("tokens.id"))
    role: Mapped[str]  # the token's ceiling
    created_at: Mapped[float]
    expires_at: Mapped[float] = mapped_column(index=True)
    revoked_at: Mapped[float | None]


class Enrollment(Base):
    __tablename__ = "enrollments"
    __table_args__ = (CheckConstraint("role in ('student', 'grader', 'instructor')", name="role"),)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), primary_key=True, index=True)
    role: Mapped[str]


class Assignment(Base):
    __tablename__ = "assignments"
    id: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    secret_seed: Mapped[bytes]
    due_at: Mapped[float | None]
    created_at: Mapped[float]


class AssignmentVersion(Base):
    __tablename__ = "assignment_versions"
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignments.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    spec: Mapped[dict[str, Any]]
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[float]


class SpecDraft(Base):
    """A document that is not published yet, one for each assignment. `revision` is new with every saving."""

    __tablename__ = "spec_drafts"
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignments.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    made_from: Mapped[int]
    revision: Mapped[str]
    author_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[float]


class Submission(Base):
    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("user_id", "assignment_id", "idempotency_key"),
        # Lists of thousands read this alone, and no row with its source.
        Index(
            "ix_submissions_assignment_id_user_id_id_created_at",
            "assignment_id",
            "user_id",
            "id",
            "created_at",
        ),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignments.id"))
    assignment_version: Mapped[int]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    filename: Mapped[str]
    source: Mapped[str] = mapped_column(Text)
    source_kind: Mapped[str]  # py | notebook
    # Notebooks: [cell, first line, lines] for each cell kept, and the lines that were dropped.
    line_map: Mapped[list[Any] | None]
    dropped_lines: Mapped[list[Any] | None]
    idempotency_key: Mapped[str | None]
    created_at: Mapped[float]


class Run(Base):
    """`kind` graded: what its submission is graded by. control: its code on changed labels, for the flags.

    Who is served next is decided by `store.repository.order`.
    """

    __tablename__ = "runs"
    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        Index("ix_runs_state_lease_until", "state", "lease_until"),
        # Which run of a submission is the newest, and how it stands.
        Index("ix_runs_submission_id_kind_id_state", "submission_id", "kind", "id", "state", "lease_until"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"))
    kind: Mapped[str] = mapped_column(server_default="graded")
    spec_version: Mapped[int]  # of the assignment: what it runs
    state: Mapped[str]
    attempt: Mapped[int]  # the fencing token: only ever grows
    # Grows by one with each release, so that our own outages use up nobody's attempts.
    attempts_allowed: Mapped[int]
    lease_until: Mapped[float | None]
    device: Mapped[str]
    # Asked for by nobody who waits: a regrade's, a control run. Behind every live one.
    is_background: Mapped[bool] = mapped_column(server_default=false())
    # Its place among equals: since it was handed in, or since the run before it of the same student ended.
    waits_since: Mapped[float] = mapped_column(server_default="0")
    # What whoever handed it in was told then; None: nothing was known to reckon with.
    expected_start_at: Mapped[float | None]
    created_at: Mapped[float]
    started_at: Mapped[float | None]
    finished_at: Mapped[float | None]
    error: Mapped[str | None] = mapped_column(Text)


class EvidenceRecord(Base):
    """Its bytes are here, in `blob`, or at `place` in the evidence store (`store.evidence_objects`).

    `size_bytes` and `sha256` are of the bytes that were moved there, None as long as they are here.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint("(blob IS NULL) <> (place IS NULL)", name="in_one_place"),
        # What waits to be moved is few among many.
        Index(
            "ix_evidence_here",
            "run_id",
            sqlite_where=text("place IS NULL"),
            postgresql_where=text("place IS NULL"),
        ),
    )
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    version: Mapped[int]
    blob: Mapped[bytes | None]
    place: Mapped[str | None]
    size_bytes: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    # Of `graders.measures`, made from the blob and made anew when their version has changed.
    measures: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    measures_version: Mapped[int | None]


class EvidenceHome(Base):
    """The own folder of this database in the evidence store: it never tidies up in another's."""

    __tablename__ = "evidence_home"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]


class ReportRecord(Base):
    """`version` counts the reports of one run: a regrade adds one, the highest counts.

    `cause`: run, control (its control run came in) or regrade; `author_id` then says whose.
    """

    __tablename__ = "reports"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    report: Mapped[dict[str, Any]]
    spec_version: Mapped[int]
    cause: Mapped[str] = mapped_column(server_default="run")
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[float]


class Result(Base):
    """What the newest report of a submission says, in a few bytes: for pages of thousands of submissions.

    Written together with the report, by `store.repository.results`. Errors are shares in 0..1, losses are in
    nats; `verdicts` are those of the criteria, by their ids; `flags` counts what a person should look at.
    """

    __tablename__ = "results"
    __table_args__ = (
        # Each student's results side by side, with all that is shown of the best.
        Index(
            "ix_results_best",
            *("assignment_id", "user_id", "points", "submission_id", "max_points", "fit"),
        ),
        Index("ix_results_flags", "flags", "submission_id"),
    )
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignments.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    points: Mapped[float]
    max_points: Mapped[float]
    training_error: Mapped[float | None]
    validation_error: Mapped[float | None]
    training_loss: Mapped[float | None]
    validation_loss: Mapped[float | None]
    fit: Mapped[str | None]
    flags: Mapped[int]
    verdicts: Mapped[dict[str, Any]]


class MisreadRecord(Base):
    """The first rows of the validation part that a run's model got wrong, where the rows are pictures.

    `pixels`: zlib of one byte a pixel, picture after picture. `labels` and `predicted` are class ids.
    """

    __tablename__ = "misread"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    height: Mapped[int]
    width: Mapped[int]
    labels: Mapped[list[Any]]
    predicted: Mapped[list[Any]]
    pixels: Mapped[bytes]


class RunLog(Base):
    __tablename__ = "run_logs"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    log: Mapped[str] = mapped_column(Text)


class OutboxRow(Base):
    """A doorbell to ring, one row a run. `ring_again_at`: a sent one may have been lost with Redis."""

    __tablename__ = "outbox"
    id: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), unique=True)
    queue: Mapped[str]
    priority: Mapped[int]  # 0 is served first
    created_at: Mapped[float]
    due_at: Mapped[float]
    sent_at: Mapped[float | None] = mapped_column(index=True)
    sends: Mapped[int]
    ring_again_at: Mapped[float | None]


class Override(Base):
    """Points that a person gave in place of the computed ones. Never changed: withdrawn, and given anew."""

    __tablename__ = "overrides"
    id: Mapped[str] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), index=True)
    points: Mapped[float]
    computed_points: Mapped[float | None]  # as they were when it was given
    reason: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[float]
    withdrawn_at: Mapped[float | None]
    withdrawn_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))


class Extension(Base):
    """A due date of one student's own."""

    __tablename__ = "extensions"
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignments.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    due_at: Mapped[float]
    reason: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[float]


class QuotaGrant(Base):
    """What one student may hand in beyond the assignment's quota, or instead of it (None: as it says)."""

    __tablename__ = "quota_grants"
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignments.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    per_day: Mapped[float | None]
    burst: Mapped[int | None]
    extra: Mapped[int]  # attempts given once, at `created_at`
    reason: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[float]


class Choice(Base):
    """Which submission a student wants to count, where the assignment lets them choose."""

    __tablename__ = "choices"
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignments.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"))
    created_at: Mapped[float]


class AuditEntry(Base):
    """What staff did, and to what: rows are only added. `subject` is an id, `detail` from what to what."""

    __tablename__ = "audit"
    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[float]
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    course_id: Mapped[str | None] = mapped_column(ForeignKey("courses.id"), index=True)
    action: Mapped[str]  # override.given, extension.granted, assignment.published, regrade.started, ...
    subject: Mapped[str] = mapped_column(index=True)
    detail: Mapped[dict[str, Any]]


class DatasetRecord(Base):
    """An instructor's own data set. `archive`: .npz bytes with x and y; `facts`: rows, classes, balance."""

    __tablename__ = "datasets"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]]
    archive: Mapped[bytes]
    author_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[float]


class StaffJob(Base):
    """Long work that staff asked for: a regrade, a similarity check. A worker does it under a lease.

    `parameters` and `result` are as the kind of job says; `done` of `total` is how far it has come.
    """

    __tablename__ = "staff_jobs"
    __table_args__ = (
        CheckConstraint("state in ('queued', 'running', 'done', 'errored')", name="state"),
        Index("ix_staff_jobs_state_lease_until", "state", "lease_until"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # regrade | similarity
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"))
    assignment_id: Mapped[str | None] = mapped_column(ForeignKey("assignments.id"), index=True)
    parameters: Mapped[dict[str, Any]]
    state: Mapped[str]
    attempt: Mapped[int]
    lease_until: Mapped[float | None]
    done: Mapped[int]
    total: Mapped[int]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[str | None] = mapped_column(Text)
    author_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[float]
    finished_at: Mapped[float | None]
