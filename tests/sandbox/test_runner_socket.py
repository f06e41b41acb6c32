"""Who may knock at the runner's door."""

from __future__ import annotations

import stat

import pytest

from worker.sandbox.runner import listen


@pytest.mark.parametrize(("folder_mode", "socket_mode"), [(0o700, 0o600), (0o2770, 0o660)])
def test_the_group_may_knock_only_where_the_folder_says_so(tmp_path, folder_mode, socket_mode):
    folder = tmp_path / "run"
    folder.mkdir()
    folder.chmod(folder_mode)
    with listen(folder / "runner.sock"):
        assert stat.S_IMODE((folder / "runner.sock").stat().st_mode) == socket_mode
