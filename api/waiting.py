"""Whether what a run waits for is there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import structlog

from store.presence import present

if TYPE_CHECKING:
    from api.dependencies import Services
    from store.models import Run
    from store.repository import RunNow

WaitsFor = Literal["gpu_worker"]

_log = structlog.get_logger(__name__)


def gpu_is_there(services: Services) -> bool:
    """False too when Redis does not answer: nobody is known to be there then."""
    try:
        return bool(present(services.redis).gpus)
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody was heard of
        _log.warning("presence.redis", error=str(error))
        return False


def waits_for(services: Services, run: Run | RunNow) -> WaitsFor | None:
    """What is missing for this run to begin; None: nothing that waiting in the queue will not bring."""
    waiting_for_gpu = run.state == "queued" and run.device == "gpu"
    return "gpu_worker" if waiting_for_gpu and not gpu_is_there(services) else None
