"""The doorbell: Celery carries a run id and nothing else; what to do stands in the database."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Final

import structlog
from celery import Celery

from store import repository
from store.engine import reading, transaction

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.settings import Settings

RUN_TASK: Final = "labmark.run"
STAFF_TASK: Final = "labmark.staff_job"
# Behind every live submission: 9 is served last.
_STAFF_PRIORITY: Final = 9
QUEUES: Final[dict[str, str]] = {"cpu": "labmark.cpu", "gpu": "labmark.gpu"}

_log = structlog.get_logger(__name__)


def make_celery(settings: Settings) -> Any:
    """A configured Celery app. It connects when the first message is sent, not here."""
    app = Celery("labmark", broker=settings.redis_url, set_as_current=False)
    if settings.redis_url.startswith("rediss://") and "ssl_cert_reqs" not in settings.redis_url:
        # By itself Celery takes anybody's certificate, and tells them the password (measured, Kombu 5.7).
        app.conf.broker_use_ssl = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        result_backend=None,
        task_serializer="json",
        result_serializer="json",
        accept_content=["json"],
        task_default_queue=QUEUES["cpu"],
        task_create_missing_queues=True,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=4,
        # True killed the running task when Redis came back (measured).
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_soft_shutdown_timeout=20,
        broker_transport_options={
            # Above every task limit: a task older than this is handed out a second time.
            "visibility_timeout": settings.visibility_timeout_s,
            "unacked_restore_interval": 5,
            "health_check_interval": 10,
            "socket_keepalive": True,
            "socket_timeout": 30,
            "socket_connect_timeout": 4,
            "queue_order_strategy": "priority",
            "priority_steps": [0, 3, 6, 9],
            # A sender gives up soon: the row stays in the outbox and beat sends it.
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.1,
            "interval_max": 0.2,
        },
    )
    return app


def ring_staff_job(celery: Any, job_id: str) -> bool:
    """False: the broker does not answer; beat rings again for what waits."""
    try:
        celery.send_task(
            STAFF_TASK, args=[job_id], queue=QUEUES["cpu"], priority=_STAFF_PRIORITY, retry=False
        )
    except Exception as error:  # noqa: BLE001 - whatever the broker raises, the job waits
        _log.warning("staff_job.broker_unreachable", job_id=job_id, error=str(error))
        return False
    return True


def drain_outbox(engine: Engine, celery: Any, *, run_id: str | None = None, limit: int = 100) -> int:
    """Sends the doorbells that are due and returns how many; with `run_id`, that run's alone.

    A broker that does not answer leaves them for later. Between sending and marking, a crash rings twice;
    the second worker's claim then gets nothing.
    """
    with reading(engine) as session:
        doorbells = repository.unsent_outbox(session, limit=limit, run_id=run_id)
    sent: list[str] = []
    for bell in doorbells:
        try:
            celery.send_task(
                RUN_TASK, args=[bell.run_id], queue=QUEUES[bell.queue], priority=bell.priority, retry=False
            )
        except Exception as error:  # noqa: BLE001 - whatever the broker raises, the row waits
            _log.warning("outbox.broker_unreachable", run_id=bell.run_id, error=str(error))
            break
        sent.append(bell.id)
    if sent:
        with transaction(engine) as session:
            repository.mark_sent(session, sent)
    return len(sent)
