"""`make test` runs those marked quick, on one pair of databases; `make test-faults` runs all, on both."""

from __future__ import annotations

import fault_table
import pytest
from fault_place import ALL, open_place, pairs


def pytest_configure(config):
    config.addinivalue_line("markers", "quick: a fault that make test injects too")
    config.addinivalue_line("markers", "only(pair): a fault of this pair of databases alone")


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if item.path.parent.name == "faults" and not _is_wanted(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _is_wanted(item):
    only = item.get_closest_marker("only")
    if only and item.callspec.params["place"] not in only.args:
        return False
    return ALL or item.get_closest_marker("quick") is not None


@pytest.fixture(scope="session", params=pairs())
def place(request, tmp_path_factory):
    with open_place(tmp_path_factory.mktemp("faults"), request.param) as found:
        found.at_work()  # the data set is read, and every process of the pool has run once
        found.wait(found.expected)
        yield found


@pytest.fixture
def own_place(place, tmp_path):
    """Opens a service beside the shared one, on its runner: for a fault that would leave the shared one unfit."""

    def opened(home=tmp_path, **how):
        return open_place(home, place.pair, runner_socket=place.settings.runner_socket, **how)

    return opened


def pytest_terminal_summary():
    fault_table.show()
