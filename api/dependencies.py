"""What a route may ask for: the services of the process, and a database session that only reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from store.engine import reading
from store.evidence import SESSION_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redis import Redis
    from sqlalchemy import Engine

    from api.hashing import Hashing
    from api.oidc import Provider
    from api.queue_view import QueueView
    from store.evidence import EvidenceReader
    from store.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Services:
    """Built once by `create_app`; nothing in it connects before it is used."""

    settings: Settings
    engine: Engine
    evidence: EvidenceReader
    celery: Any
    redis: Redis
    queue: QueueView
    hashing: Hashing
    oidc: Provider | None


def services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


def reading_session(request: Request) -> Iterator[Session]:
    with reading(services(request).engine) as session:
        session.info[SESSION_KEY] = services(request).evidence
        yield session


ServicesDep = Annotated[Services, Depends(services)]
ReadingDep = Annotated[Session, Depends(reading_session)]
