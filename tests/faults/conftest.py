"""`make test` runs those marked quick, on one pair of databases; `make test-faults` runs all, on both."""

from __future__ import annotations

import os

import fault_table
import pytest
from fault_place import open_place, pairs


def pytest_configure(config):
    config.addinivalue_line("markers", "quick: a fault that make test injects too")


def pytest_collection_modifyitems(config, items):
    if os.environ.get("LABMARK_FAULTS") == "all":
        return
    here = [item for item in items if item.path.parent.name == "faults"]
    thorough = [item for item in here if not item.get_closest_marker("quick")]
    config.hook.pytest_deselected(items=thorough)
    items[:] = [item for item in items if item not in thorough]


@pytest.fixture(scope="session", params=pairs())
def place(request, tmp_path_factory):
    with open_place(tmp_path_factory.mktemp("faults"), request.param) as found:
        yield found


@pytest.fixture
def own_place(place, tmp_path):
    """Opens a service beside the shared one, on its runner: for a fault that would leave the shared one unfit."""

    def opened(**how):
        return open_place(tmp_path, place.pair, runner_socket=place.settings.runner_socket, **how)

    return opened


def pytest_terminal_summary():
    fault_table.show()
