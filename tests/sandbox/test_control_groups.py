"""Control groups on a tree of plain files: what is written where, and how the kernel's counts are read."""

from __future__ import annotations

import pytest

from worker.sandbox.cgroup import Cgroups


@pytest.fixture
def unified(tmp_path):
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    return tmp_path


def test_version_2_limits_and_counts(unified):
    groups = Cgroups("labmark-1", root=unified)
    assert groups.version == 2
    assert (unified / "labmark-1" / "cgroup.subtree_control").read_text() == "+cpu"  # the last of two
    (join,) = groups.create("job-1", memory_bytes=1000, processes=7, threads=1)
    job = unified / "labmark-1" / "job-1"
    assert join == str(job / "cgroup.procs")
    assert {name: (job / name).read_text() for name in ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max")} == {
        "memory.max": "1000", "memory.swap.max": "0", "memory.oom.group": "1", "pids.max": "7",
    }  # fmt: skip
    (job / "memory.peak").write_text("900\n")
    (job / "memory.events").write_text("low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n")
    (job / "pids.events").write_text("max 2\n")
    (job / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1\n")
    found = groups.facts("job-1")
    assert (found.peak_memory_bytes, found.oom_kills, found.processes_refused, found.cpu_s) == (900, 1, 2, 1.5)
    assert not found.of_neighbours_too


def test_a_job_is_never_started_half_limited(unified):
    groups = Cgroups("labmark-1", root=unified)
    (unified / "labmark-1" / "job-1").mkdir()
    with pytest.raises(OSError, match="job-1"):
        groups.create("job-1", memory_bytes=1000, processes=7, threads=1)


@pytest.mark.parametrize("path", ["memory.events", "memory/memory.oom_control"])
def test_in_a_container_the_kills_around_the_runner_are_counted_from_the_jobs_beginning(tmp_path, path):
    """No group can be written there; what the kernel killed in the runner's own is still told."""
    counts = tmp_path / path
    counts.parent.mkdir(exist_ok=True)
    counts.write_text("oom_kill 3\n")
    groups = Cgroups("labmark-1", root=tmp_path)
    assert groups.version == 0
    assert groups.create("job-1", memory_bytes=1000, processes=7, threads=1) == []
    assert groups.facts("job-1").oom_kills == 0
    counts.write_text("oom_kill 4\n")
    found = groups.facts("job-1")
    assert (found.oom_kills, found.of_neighbours_too, found.cpu_s) == (1, True, None)
    groups.remove("job-1")
