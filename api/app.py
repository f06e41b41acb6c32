"""The composition root of the api process."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from redis import Redis

from api import answering
from api.dashboard import routes as dashboard
from api.dashboard.assets import STATIC_FOLDER, KeptFiles, check_assets
from api.dataset_upload import BODY_LIMIT_BYTES, DATASETS_PATH
from api.dependencies import Services
from api.hashing import Hashing
from api.head import HeadAsGet
from api.intake import SUBMISSIONS_PATH
from api.limits import BodyLimit, RequestLimit, SecurityHeaders
from api.metrics import Metrics
from api.observing import Observed
from api.oidc import Provider
from api.openapi import contract, operation_id
from api.queue_view import QueueView
from api.routes import (
    assignments,
    audit,
    authoring,
    courses,
    datasets,
    decisions,
    gradebook,
    health,
    invitations,
    leaderboard,
    listing,
    metrics,
    mine,
    people,
    profile,
    quotas,
    regrading,
    runs,
    similarity,
    specs,
    starters,
    statistics,
    submissions,
    tokens,
)
from store.engine import make_engine
from store.evidence import EvidenceReader, ObjectStore
from store.queue import make_celery

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.routing import BaseRoute

    from store.settings import Settings

# A JSON string may spell each byte of a file as two, and a form adds its own lines around it.
_ENVELOPE_BYTES = 64 * 1024


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """All but files, once a process: what FastAPI makes of them takes long, and is alike in every app."""
    root = APIRouter(generate_unique_id_function=operation_id)
    for router in (
        health.router,
        metrics.router,
        courses.router,
        assignments.router,
        authoring.router,
        specs.router,
        datasets.router,
        regrading.router,
        similarity.router,
        submissions.router,
        listing.router,
        runs.router,
        mine.router,
        starters.router,
        gradebook.router,
        decisions.router,
        statistics.router,
        quotas.router,
        leaderboard.router,
        audit.router,
        people.router,
        invitations.router,
        profile.router,
        tokens.router,
        dashboard.router,
    ):
        root.include_router(router)
    return tuple(root.routes)


def create_app(settings: Settings) -> FastAPI:
    """Nothing connects before the first request. The schema must be there: see `store.migrate.upgrade`.

    Raises MissingAssetsError when the scripts that the pages load were not fetched.
    """
    check_assets()
    engine = make_engine(settings.database_url)
    services = Services(
        settings=settings,
        engine=engine,
        evidence=EvidenceReader(engine=engine, objects=ObjectStore.of(settings)),
        celery=make_celery(settings),
        redis=Redis.from_url(settings.redis_url, socket_connect_timeout=2, socket_timeout=2),
        queue=QueueView(engine, settings.redis_url),
        hashing=Hashing(),
        oidc=Provider.of(settings),
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # FastAPI prepares its routes when it is first asked: half a second, for which nobody should wait.
        for route in app.router.routes:
            route.matches({"type": "http", "method": "GET", "path": "/"})
        yield
        services.engine.dispose()
        services.redis.close()
        services.queue.close()
        services.celery.close()

    # FastAPI's documentation pages load scripts from a CDN; openapi.json alone is served.
    app = FastAPI(
        title="Labmark",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # An address has one spelling: a redirect is an answer that no route documents.
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    app.state.services = services
    app.state.metrics = Metrics(settings, services.engine, services.redis)
    app.router.routes.extend(_routes())
    app.mount("/static", KeptFiles(directory=STATIC_FOLDER), name="static")
    app.add_middleware(
        BodyLimit,
        limit_bytes=2 * settings.max_upload_bytes + _ENVELOPE_BYTES,
        larger={
            DATASETS_PATH: BODY_LIMIT_BYTES,
            SUBMISSIONS_PATH: 2 * settings.max_notebook_file_bytes + _ENVELOPE_BYTES,
        },
    )
    app.add_middleware(RequestLimit, settings=settings)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)
    # The last one added stands before all others.
    app.add_middleware(Observed, metrics=app.state.metrics)
    answering.install(app)
    app.openapi = lambda: contract(app)  # type: ignore[method-assign]
    return app
