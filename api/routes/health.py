"""Is the process alive, and can it do its work."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import APIRouter, Response
from sqlalchemy import text

from api.dependencies import Services, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.schemas import HealthOut
from store.engine import reading
from store.queue import WORKER_ALIVE_KEY

router = APIRouter(tags=["health"])
_log = structlog.get_logger(__name__)


@router.get("/healthz")
def healthz() -> HealthOut:
    return HealthOut(status="ok")


@router.get("/readyz", responses={503: {"model": HealthOut, "description": "A part is missing"}})
def readyz(services: ServicesDep, response: Response) -> HealthOut:
    """`worker` is reported and does not make it unready: submissions are taken and wait for one."""
    checks = {"database": _database(services), **_redis(services)}
    ready = checks["database"] == "ok" and checks["redis"] == "ok"
    response.status_code = 200 if ready else 503
    return HealthOut(status="ready" if ready else "not_ready", checks=checks)


def _database(services: Services) -> str:
    try:
        with reading(services.engine) as session:
            session.execute(text("SELECT version_num FROM alembic_version"))
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "not ready"
        _log.warning("readyz.database", error=str(error))
        return "unreachable"
    return "ok"


def _redis(services: Services) -> dict[str, str]:
    try:
        alive: Any = services.redis.exists(WORKER_ALIVE_KEY)
    except Exception as error:  # noqa: BLE001 - as above
        _log.warning("readyz.redis", error=str(error))
        return {"redis": "unreachable", "worker": "unknown"}
    return {"redis": "ok", "worker": "ok" if alive else "none_seen"}
