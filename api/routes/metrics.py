"""What a monitoring server reads."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from api.dependencies import ServicesDep  # noqa: TC001 - FastAPI reads it at run time
from api.errors import ProblemError, documented

_EXAMPLE = 'labmark_queued_runs{device="cpu"} 3.0\n'
router = APIRouter(tags=["health"])
_bearer = HTTPBearer(
    auto_error=False, scheme_name="MetricsToken", description="LABMARK_METRICS_TOKEN, nobody's own token."
)


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
def metrics(
    request: Request,
    services: ServicesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Response:
    """Off until LABMARK_METRICS_TOKEN is set; then for who sends that, and for nobody else."""
    token = services.settings.metrics_token
    if token is None:
        raise ProblemError("not_found", "metrics")
    given = credentials.credentials if credentials else ""
    if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        raise ProblemError("unauthenticated", "metrics")
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
