"""The demo is a client like any other: a service that asks it to wait is waited for."""

from __future__ import annotations

import time

import httpx

from server.demo import Example, submit_all
from server.demo_course import PEOPLE

EXAMPLE = {"assignment": "iris-single-layer", "name": "pytorch", "source": "x = 1\n"}


def test_a_service_that_has_been_asked_too_often_is_asked_again_when_it_says():
    refused, seen = {"POST": 1, "GET": 2}, []

    def answer(request):
        seen.append((request.method, request.url.path, time.monotonic()))
        if refused[request.method]:
            refused[request.method] -= 1
            return httpx.Response(429, headers={"Retry-After": "0.2"}, json={"code": "too_many_requests"})
        if request.method == "POST":
            return httpx.Response(201, json={"id": "one"})
        return httpx.Response(200, json={"id": "one", "state": "graded", "failure": None})

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://labmark") as http:
        (result,) = submit_all(http, [Example(**EXAMPLE, expected={})], dict.fromkeys(PEOPLE, "lmk_x"))
    assert result.submission["state"] == "graded"
    assert [method for method, _, _ in seen] == ["POST", "POST", "GET", "GET", "GET", "GET"]
    assert seen[1][2] - seen[0][2] >= 0.2
