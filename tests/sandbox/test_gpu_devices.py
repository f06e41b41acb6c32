"""Which GPUs are there, whose turn it is, and when none is handed out. No jail yet: test_gpu_jails.py."""

from __future__ import annotations

import sys
import threading
import time
import types

import pytest
from fake_gpus import GIB, FakeGpu, FakeNvml, make_nodes, make_proc

from worker.sandbox.devices import Gpus, GpuUnavailableError, Host, installed_nvml
from worker.sandbox.gpu_grant import GpuGrant

# The order of NVML is not that of the nodes: it goes by the bus.
FIRST, SECOND = FakeGpu(minor=1, uuid="GPU-aaaa"), FakeGpu(minor=0, uuid="GPU-bbbb", name="Fake T4", total=16 * GIB)


@pytest.fixture
def host(tmp_path):
    return Host(dev=make_nodes(tmp_path / "dev"), proc=make_proc(tmp_path / "proc"))


def gpus(host, *found, free_within_s=0.3, **nvml):
    return Gpus(nvml=FakeNvml(found or (FIRST, SECOND), **nvml), host=host, free_within_s=free_within_s)


def hold(pool):
    """Take a GPU in another thread: (its grant or error in a list, what lets it go, what has ended)."""
    got, leave, ended = [], threading.Event(), threading.Event()

    def job():
        try:
            with pool.one() as grant:
                got.append(grant)
                leave.wait(10)
        except GpuUnavailableError as error:
            got.append(error)
        ended.set()

    threading.Thread(target=job, daemon=True).start()
    return got, leave, ended


def until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_every_gpu_is_told_with_its_memory_and_its_driver(host):
    assert gpus(host).facts() == {
        "found": [
            {"index": 0, "name": "Fake A100", "uuid": "GPU-aaaa", "memory_bytes": 40 * GIB, "driver": "570.86.15", "busy_since": None},
            {"index": 1, "name": "Fake T4", "uuid": "GPU-bbbb", "memory_bytes": 16 * GIB, "driver": "570.86.15", "busy_since": None},
        ],
        "reasons": [],
    }  # fmt: skip


def test_a_grant_is_of_one_gpu_by_its_minor_number(host):
    with gpus(host).one() as grant:
        assert grant.nodes == tuple(
            str(host.dev / name) for name in ("nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")
        )
        assert grant.environment["CUDA_VISIBLE_DEVICES"] == "GPU-aaaa"
        assert grant.facts == {"name": "Fake A100", "uuid": "GPU-aaaa", "driver": "570.86.15"}
        assert {"driver/nvidia", "driver/nvidia-uvm"} <= set(grant.proc)
        assert GpuGrant.from_json(grant.to_json()) == grant


@pytest.mark.parametrize(("driver", "named"), [("535.183.01", False), ("570.86.15", True), ("1000.1", True)])
def test_drivers_from_570_on_name_their_threads(host, driver, named):
    with gpus(host, driver=driver).one() as grant:
        assert grant.names_threads is named


def test_one_job_a_gpu_and_the_next_waits(host):
    pool = gpus(host)
    first, let_go_first, _ = hold(pool)
    until(lambda: first)
    second, let_go_second, _ = hold(pool)
    until(lambda: second)
    third, let_go_third, ended = hold(pool)
    time.sleep(0.1)
    assert [grant.facts["uuid"] for (grant,) in (first, second)] == ["GPU-aaaa", "GPU-bbbb"]
    assert third == []
    let_go_second.set()
    until(lambda: third)
    assert third[0].facts["uuid"] == "GPU-bbbb"
    let_go_first.set()
    let_go_third.set()
    assert ended.wait(5)


def test_a_gpu_whose_memory_is_being_given_back_is_waited_for(host, tmp_path):
    (tmp_path / "used-0").write_text(str(3 * GIB))
    pool = gpus(host, FIRST, free_within_s=10, used_in=tmp_path)
    got, leave, _ = hold(pool)
    time.sleep(0.3)
    assert got == []
    (tmp_path / "used-0").write_text("0")
    until(lambda: got)
    assert isinstance(got[0], GpuGrant)
    leave.set()


def test_a_gpu_that_stays_in_use_is_refused_with_the_figures_and_taken_back_once_free(host, tmp_path):
    (tmp_path / "used-0").write_text(str(3 * GIB))
    pool = gpus(host, FIRST, used_in=tmp_path)
    began = time.time()
    with pytest.raises(GpuUnavailableError, match=r"GPU 0 \(Fake A100\) is in use by somebody else: 3072 of its 40960 MiB"), pool.one():
        pass
    assert began <= pool.facts()["found"][0]["busy_since"] <= time.time()
    (tmp_path / "used-0").write_text("0")
    with pool.one():
        assert pool.facts()["found"][0]["busy_since"] is None


def test_one_that_somebody_else_uses_is_tried_last(host, tmp_path):
    (tmp_path / "used-0").write_text(str(3 * GIB))
    pool = gpus(host, used_in=tmp_path)
    with pytest.raises(GpuUnavailableError, match="GPU 0"), pool.one():
        pass
    with pool.one() as grant:
        assert grant.facts["uuid"] == "GPU-bbbb"


def test_what_the_driver_keeps_for_itself_is_not_use(host):
    """600 MiB are reserved. An old driver cannot tell, so there the operator's allowance has to cover it."""
    with gpus(host, FIRST).one():
        pass
    old = FakeNvml([FIRST], knows_reserve=False)
    with pytest.raises(GpuUnavailableError, match="600 of its"), Gpus(nvml=old, host=host, free_within_s=0).one():
        pass
    with Gpus(nvml=old, host=host, free_within_s=0, most_used_bytes=700 * 1024**2).one():
        pass


def test_a_gpu_that_is_lost_between_two_jobs_is_refused(host):
    pool = gpus(host, FakeGpu(minor=0, uuid="GPU-cccc"))
    with pool.one():
        pass
    pool.nvml.gpus[0].lost = True
    with pytest.raises(GpuUnavailableError, match="GPU is lost"), pool.one():
        pass
    assert pool.facts()["found"][0]["busy_since"] is not None


def reasons(pool):
    with pytest.raises(GpuUnavailableError, match="this runner has no GPU"), pool.one():
        pass
    assert pool.facts()["found"] == []
    return pool.facts()["reasons"]


def test_without_the_package_the_driver_or_a_gpu_there_is_none_and_the_reason_is_kept(host):
    assert reasons(Gpus(nvml=None)) == ["nvidia-ml-py is not installed (the extra `gpu`)"]
    assert reasons(gpus(host, driver_loaded=False)) == ["NVML: Driver Not Loaded"]
    assert reasons(Gpus(nvml=FakeNvml(), host=host)) == ["NVML counts no GPU"]


def test_a_gpu_that_cannot_be_granted_is_left_out_and_said_why(host):
    ready = FakeGpu(minor=0, uuid="GPU-dddd")
    lost, mig, bare = FakeGpu(minor=1, uuid="x", lost=True), FakeGpu(minor=1, uuid="y", mig=True), FakeGpu(minor=7, uuid="z")
    found = gpus(host, lost, ready, mig, bare).facts()
    assert [gpu["uuid"] for gpu in found["found"]] == ["GPU-dddd"]
    assert [reason.split(":")[0] for reason in found["reasons"]] == ["GPU 0", "GPU 2 (Fake A100)", "GPU 3 (Fake A100)"]
    assert "GPU is lost" in found["reasons"][0]
    assert "MIG" in found["reasons"][1]
    assert f"{host.dev / 'nvidia7'}: No such file" in found["reasons"][2]


def test_nodes_that_a_jail_could_not_open_are_no_gpu(host):
    (host.dev / "nvidia-uvm").chmod(0o660)
    assert "nvidia-uvm is not for everybody" in reasons(gpus(host, FIRST))[0]
    (host.dev / "nvidia-uvm").unlink()
    (host.dev / "nvidia-uvm").write_text("")
    assert "nvidia-uvm is no device node" in reasons(gpus(host, FIRST))[0]


def test_without_the_drivers_files_nothing_more_of_proc_is_shown(host, tmp_path):
    with gpus(Host(dev=host.dev, proc=tmp_path / "none", sys=tmp_path / "none"), FIRST).one() as grant:
        assert (grant.proc, grant.sys) == ((), ())


def test_the_package_is_used_where_it_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert installed_nvml() is None
    module = types.ModuleType("pynvml")
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert installed_nvml() is module
