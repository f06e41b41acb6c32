"""Jobs of the same runner do not notice each other, however they end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from worker.sandbox import client, protocol
from worker.sandbox.protocol import Kind

HONEST = "import torch\ndef train(lab):\n    return torch.nn.Linear(4, 3)\n"
SLEEPS = "import time\ndef train(lab):\n    time.sleep(30)\n"


def abandon(jail):
    """As a worker that is killed while its job trains."""
    job = jail.job(SLEEPS)
    with client.connect(jail.socket_path) as connection:
        request = {
            "framework": job.framework, "lab": job.lab, "limits": job.limits, "max_frame_bytes": 2**20,
            "arrays": {"train_x": job.train_x.spec, "train_y": job.train_y.spec, "curve_x": job.curve_x.spec},
        }  # fmt: skip
        source = client.Sealed("source", job.source)
        data = (source.descriptor, job.train_x.descriptor, job.train_y.descriptor, job.curve_x.descriptor)
        protocol.send(connection, Kind.JOB, request, data)
        assert protocol.receive(connection).kind is Kind.STARTED


def test_honest_runs_end_well_beside_workers_that_vanish(jail):
    ended = threading.Event()

    def vanish():
        while not ended.is_set():
            abandon(jail)

    with ThreadPoolExecutor(4) as pool:
        vanishing = [pool.submit(vanish) for _ in range(2)]
        try:
            honest = [pool.submit(jail.run, HONEST) for _ in range(120)]
            endings = [future.result() for future in honest]
        finally:
            ended.set()
        for future in vanishing:
            future.result()
    assert [failure for _, failure in endings if failure] == []
    assert all(outcome.scores.shape == (150, 3) for outcome, _ in endings)
