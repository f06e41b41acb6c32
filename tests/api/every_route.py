"""The routes of the app itself, so that a new one is attacked by the tests without being named in them."""

from __future__ import annotations

import re

from fastapi.routing import APIRoute

from api.app import create_app
from api.dashboard.routes import router
from store.settings import Settings

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def _routes(of):
    for route in of.routes:
        if isinstance(route, APIRoute):
            yield route
        elif (inner := getattr(route, "original_router", None)) is not None:
            yield from _routes(inner)


def page_routes():
    """(method, path) of every address of the pages."""
    return [(method, route.path) for route in _routes(router) for method in sorted(route.methods)]


def api_routes():
    paths = create_app(Settings(database_url="sqlite:///var/unused.sqlite3")).openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def names_in(path):
    return re.findall(r"\{(\w+)\}", path)
