from __future__ import annotations

import pytest
from real_jail import Jail


@pytest.fixture(scope="session")
def jail(runner_socket):
    return Jail(runner_socket)
