"""The embedded service's supervisor is killed: no part of it lives on, and a new start goes on where it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fault_place import Place, children, databases_of, is_gone, pairs, prepared, until

from server.supervisor import Supervisor

SCRIPT = Path(__file__).with_name("fault_supervise.py")


@contextmanager
def supervised(settings, *, embedded):
    """Yields its process and the process ids of its parts."""
    command = [sys.executable, str(SCRIPT), settings.model_dump_json(), "embedded" if embedded else "given"]
    folders = os.pathsep.join([str(Path.cwd()), str(SCRIPT.parents[1])])
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": folders}
    )
    try:
        lines = iter(process.stdout.readline, "")
        yield process, next(json.loads(line) for line in lines if line.startswith("{"))
    finally:
        process.terminate()
        process.wait(90)
        process.stdout.close()


def family(pid):
    """The process and all below it."""
    return [pid, *(below for child in children(pid) for below in family(child))]


def listen(place, identifier, heard):
    """As an open page does; it is cut off without an end."""
    try:
        with place.http.stream("GET", f"/api/v1/submissions/{identifier}/events") as answer:
            heard.extend(answer.iter_lines())
    except httpx.TransportError:
        heard.append("cut off")


@pytest.mark.parametrize("pair", pairs())
def test_the_supervisor_is_killed(pair, tmp_path):
    with databases_of(pair) as (postgres, redis):
        settings, token = prepared(tmp_path, pair, postgres, redis)
        place = Place(pair, Supervisor(settings, workers=2), token, redis, postgres)
        with supervised(settings, embedded=redis is None) as (process, parts):
            batch, heard = place.at_work(), []
            reader = threading.Thread(target=listen, args=(place, batch[0], heard))
            reader.start()
            until(lambda: heard)
            everybody = [pid for part in parts.values() for pid in family(part)]
            process.kill()
            process.wait()
            hit = place.hit("kill -9", "the supervisor, with every part at work")
            # At once, as a service manager does: what it left is still ending.
            with supervised(settings, embedded=redis is None):
                hit.settle(batch)
                until(lambda: all(map(is_gone, everybody)))
            reader.join()
