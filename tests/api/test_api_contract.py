"""The OpenAPI document is the contract: requests made from it, right ones and wrong ones, over real HTTP.

A few for each operation here; `make test-api` sends many, as everybody.
"""

from __future__ import annotations

import os
from itertools import count, cycle

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    negative_data_rejection,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from schemathesis.core.parameters import ParameterLocation
from seeded_course import restore, seeded_course, served, snapshot

from api.app import create_app
from store.settings import Settings

EVERYTHING = bool(os.environ.get("LABMARK_API_EXAMPLES"))
EXAMPLES = int(os.environ.get("LABMARK_API_EXAMPLES", "4"))
CHECKS = [
    content_type_conformance, not_a_server_error, response_headers_conformance, response_schema_conformance,
    status_code_conformance, unsupported_method,
]  # fmt: skip
# Without Redis, which no test of the API needs, it is right to say 503.
UNREADY = "/readyz"
ROLES = ("root", "ivan", "grace", "ana", "olga")
SCHEMA = schemathesis.openapi.from_dict(create_app(Settings(database_url="sqlite:///var/unused.sqlite3")).openapi())


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with seeded_course(tmp_path_factory.mktemp("contract"), max_queued_runs=50) as seeded:
        yield seeded


@pytest.fixture(scope="module")
def address(course):
    with served(course.app) as address:
        yield address


@pytest.fixture(scope="module")
def untouched(course):
    return snapshot(course.engine)


@pytest.fixture
def as_it_was(course, untouched):
    """Each operation finds the same course."""
    restore(course.engine, untouched)


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=not EVERYTHING, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_answers_are_what_the_contract_says(case, course, address, as_it_was):
    reach(case, course)
    for who in ROLES if EVERYTHING else (next(WHO),):
        case.headers = {**(case.headers or {}), **course.headers(who)}
        answer = case.call(base_url=address, timeout=20)
        case.validate_response(answer, checks=checks_of(case))


WHO, EVERY_OTHER = cycle(ROLES), count()


def reach(case, course):
    """Every other request is about something that is there; the others are about whatever was made up."""
    meta = case.meta
    path = meta.components.get(ParameterLocation.PATH) if meta else None
    if path is None or (path.mode is GenerationMode.POSITIVE and next(EVERY_OTHER) % 2):
        for name in case.path_parameters or {}:
            case.path_parameters[name] = str(course.names[name]) if name in course.names else case.path_parameters[name]


def checks_of(case):
    """What breaks the schema is refused, where that is ours to tell.

    A document of an assignment is text, for a reader of our own; and of a parameter that is given several times where
    one is asked for, any of them may be right.
    """
    checks = [check for check in CHECKS if check is not not_a_server_error or case.operation.path != UNREADY]
    is_document = case.operation.path.endswith(("/spec", "/validate", "/what-if", "/assignments"))
    is_repeated = any(isinstance(value, list) for value in (case.query or {}).values())
    return checks if is_document or is_repeated else [*checks, negative_data_rejection]
