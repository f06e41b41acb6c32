"""What a monitoring server reads."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel, Field

from api.dependencies import (  # noqa: TC001 - FastAPI reads them at run time
    ReadingDep,
    Services,
    ServicesDep,
)
from api.errors import ProblemError, documented
from store import repository

_EXAMPLE = 'labmark_queued_runs{device="cpu"} 3.0\n'
router = APIRouter(tags=["health"])
_bearer = HTTPBearer(
    auto_error=False, scheme_name="MetricsToken", description="LABMARK_METRICS_TOKEN, nobody's own token."
)
_CredentialsDep = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class DeviceSignalOut(BaseModel):
    """`live`: what a student waits for. background: regrades and control runs, which wait behind that."""

    live_runs: int = Field(description="Runs that wait")
    live_oldest_age_s: float = Field(description="How long the first of them has waited; 0: none waits")
    background_runs: int
    runs_at_work: int = Field(description="Runs that workers hold: none of them should be stopped")


class QueueSignalOut(BaseModel):
    cpu: DeviceSignalOut
    gpu: DeviceSignalOut


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "content": {"text/plain": {"schema": {"type": "string"}, "example": _EXAMPLE}},
            "description": "Prometheus' format",
        },
        **documented("unauthenticated", "not_found"),
    },
)
def metrics(request: Request, services: ServicesDep, credentials: _CredentialsDep) -> Response:
    """Off until LABMARK_METRICS_TOKEN is set; then for who sends that, and for nobody else."""
    _let_in(services, credentials)
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)


@router.get("/metrics/queue", responses=documented("unauthenticated", "not_found", "unavailable"))
def queue_signal(
    services: ServicesDep, session: ReadingDep, credentials: _CredentialsDep
) -> QueueSignalOut:
    """What waits, by device, as an autoscaler reads it. With the token of `/metrics`."""
    _let_in(services, credentials)
    found, at_work = repository.queues(session), repository.runs_at_work(session)
    signals = {
        device: DeviceSignalOut(
            live_runs=sum(queue.runs for queue in found if _is(queue, device, "live")),
            live_oldest_age_s=max(queue.oldest_age_s for queue in found if _is(queue, device, "live")),
            background_runs=sum(queue.runs for queue in found if _is(queue, device, "background")),
            runs_at_work=at_work[device],
        )
        for device in ("cpu", "gpu")
    }
    return QueueSignalOut(cpu=signals["cpu"], gpu=signals["gpu"])


def _is(queue: repository.Queue, device: str, urgency: str) -> bool:
    return (queue.device, queue.urgency) == (device, urgency)


def _let_in(services: Services, credentials: HTTPAuthorizationCredentials | None) -> None:
    token = services.settings.metrics_token
    if token is None:
        raise ProblemError("not_found", "metrics")
    given = credentials.credentials if credentials else ""
    if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        raise ProblemError("unauthenticated", "metrics")
