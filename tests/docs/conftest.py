from __future__ import annotations

import subprocess
import sys

import pytest
from doc_pages import ROOT

from docs.building.reference import contract as contract_of_the_service


@pytest.fixture(scope="session")
def contract():
    """The OpenAPI document."""
    return contract_of_the_service()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the built site; the build was strict."""
    folder = tmp_path_factory.mktemp("site")
    told = subprocess.run(
        [sys.executable, "-m", "docs.building", str(folder)], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    return folder
