"""Whatever bytes come, a reader of frames gives a frame, asks for more, or says that the format is broken; on every side."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import threading
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graders.spec import Limits
from worker.sandbox import client, protocol
from worker.sandbox.protocol import Decoder, Kind, ProtocolError
from worker.sandbox.supervise import MAX_EPOCHS, Watch

MOST = {Kind.EPOCH: 8, Kind.TRAINED: 200, Kind.FAILED: 200, Kind.SCORES: 500}
FRAMES = st.lists(
    st.sampled_from(sorted(MOST)).flatmap(lambda kind: st.tuples(st.just(kind), st.binary(max_size=MOST[kind]))), max_size=8
)
# Half-way sensible headers reach further than noise.
HEADERS = st.builds(
    lambda length, kind, body: struct.pack("!IB", length, kind) + body,
    st.integers(0, 2**32 - 1) | st.integers(0, 64), st.integers(0, 255) | st.integers(0, 13), st.binary(max_size=80),
)  # fmt: skip
BYTES = st.binary(max_size=300) | st.lists(HEADERS, max_size=5).map(b"".join)


def packed(kind, payload):
    return struct.pack("!IB", len(payload), kind) + payload


@given(FRAMES, st.lists(st.integers(1, 40), min_size=1))
def test_frames_come_out_whole_however_they_are_cut(frames, cuts):
    stream = b"".join(packed(*frame) for frame in frames)
    decoder, found, position, turn = Decoder(MOST), [], 0, 0
    while position < len(stream):
        step = cuts[turn % len(cuts)]
        decoder.feed(stream[position : position + step])
        position, turn = position + step, turn + 1
        while (frame := decoder.next()) is not None:
            found.append((frame.kind, frame.payload))
    assert found == frames
    assert decoder.next() is None


@given(BYTES)
def test_noise_gives_frames_within_the_limits_or_an_error(data):
    decoder = Decoder(MOST)
    decoder.feed(data)
    with contextlib.suppress(ProtocolError):
        while (frame := decoder.next()) is not None:
            assert len(frame.payload) <= MOST[frame.kind]
            with contextlib.suppress(ProtocolError):
                assert isinstance(frame.json(), dict)


@given(BYTES)
def test_a_reader_that_waits_takes_the_same(data):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ProtocolError):
            while (frame := protocol.receive(ours, max_bytes=64)) is not None:
                assert len(frame.payload) <= 64


@given(st.binary(max_size=200) | st.builds(lambda head, data: json.dumps(head).encode() + b"\n" + data, st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["dtype", "shape", "x"]), inner, max_size=3), max_leaves=5), st.binary(max_size=60)))  # fmt: skip
def test_scores_are_what_was_asked_or_an_error(payload):
    try:
        dtype, shape, data = protocol.unpack_scores(payload, rows=5, classes=3)
    except ProtocolError:
        return
    assert (dtype, shape, len(data)) in {("float32", (5, 3), 60), ("int64", (5,), 40)}


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": Infinity}', '{"a": -Infinity}', "[" * 100_000, '{"a": ' + "9" * 5000 + "}", "[]", ""])
def test_json_that_no_database_takes_is_broken(text):
    with pytest.raises(ProtocolError):
        protocol.Frame(Kind.FAILED, text.encode()).json()


class FakeJail:
    """Our ends of a jail that sends what a test says: a real socket and real pipes, no process."""

    def __init__(self):
        self.socket, self.inside = socket.socketpair()
        self.stdout, self.stdout_in = os.pipe()
        self.status, self.status_in = os.pipe()
        os.set_blocking(self.stdout, False)
        self.cut = False

    def cut_lifeline(self):
        self.cut = True

    def close(self):
        for end in (self.socket, self.inside):
            end.close()
        for descriptor in (self.stdout, self.stdout_in, self.status, self.status_in):
            os.close(descriptor)


@contextlib.contextmanager
def watched(limits=None):
    jail, (ours, theirs) = FakeJail(), socket.socketpair()
    limits = (limits or Limits(wall_time_s=0.3)).model_dump()
    try:
        yield jail, Watch(theirs, jail, limits, curve_rows=4, n_classes=3), ours
    finally:
        jail.close()
        ours.close()
        theirs.close()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(BYTES)
def test_a_watch_ends_whatever_its_jail_sends(data):
    with watched(Limits(wall_time_s=0.05)) as (jail, watch, _):
        jail.inside.sendall(data)
        watch.run()
        assert watch.ended in {"broken_frame", "time_limit", "failed"}
        assert jail.cut


def test_half_a_frame_does_not_hold_up_the_time_limit():
    with watched() as (jail, watch, _):
        jail.inside.sendall(packed(Kind.EPOCH, bytes(8))[:7])
        began = time.monotonic()
        watch.run()
        assert watch.ended == "time_limit"
        assert time.monotonic() - began < 3


def test_output_without_end_does_not_hold_up_the_time_limit():
    with watched() as (jail, watch, _):
        stop = threading.Event()

        def flood():
            while not stop.is_set():
                with contextlib.suppress(OSError):
                    os.write(jail.stdout_in, b"x" * 100)

        os.set_blocking(jail.stdout_in, False)
        thread = threading.Thread(target=flood)
        thread.start()
        watch.phase = "trained"  # output is thrown away then, and must end all the same
        watch.limits["output_bytes"] = 10**12
        began = time.monotonic()
        watch.run()
        stop.set()
        thread.join()
        assert watch.ended == "time_limit"
        assert time.monotonic() - began < 3


def test_more_epochs_than_any_training_has_are_forged():
    with watched(Limits(wall_time_s=30)) as (jail, watch, ours):
        def send():
            with contextlib.suppress(OSError):
                for _ in range(MAX_EPOCHS + 1):
                    jail.inside.sendall(packed(Kind.EPOCH, bytes(8)))

        relayed = []
        threads = [threading.Thread(target=send), threading.Thread(target=lambda: relayed.extend(iter(lambda: protocol.receive(ours), None)))]
        for thread in threads:
            thread.start()
        watch.run()
        watch.worker.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
        assert (watch.ended, len(relayed)) == ("broken_frame", MAX_EPOCHS)


@pytest.mark.parametrize("payload", [b"", bytes(6), bytes(10)])
def test_an_epoch_of_another_size_is_forged(payload):
    with watched() as (jail, watch, _):
        jail.inside.sendall(packed(Kind.EPOCH, payload))
        watch.run()
        assert watch.ended == "broken_frame"


def test_descriptors_from_a_jail_are_never_taken():
    before = len(os.listdir("/proc/self/fd"))
    with watched() as (jail, watch, _):
        for _ in range(20):
            socket.send_fds(jail.inside, [packed(Kind.EPOCH, bytes(8))], [jail.stdout_in] * 200)
        watch.run()
        assert watch.ended == "time_limit"
    assert len(os.listdir("/proc/self/fd")) <= before


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(BYTES)
def test_a_worker_reads_any_runner_to_an_ending_or_calls_it_unavailable(tmp_path, data):
    path = tmp_path / "runner.sock"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(1)

        def answer():
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                connection.sendall(data)

        thread = threading.Thread(target=answer)
        thread.start()
        rows = client.Sealed("x", np.zeros((4, 4), np.float32))
        job = client.Job(
            framework="pytorch", source=b"", train_x=rows, train_y=rows, curve_x=rows, limits={}, lab={"n_classes": 3}
        )
        with contextlib.suppress(client.SandboxUnavailableError):
            assert client.run(path, job, lambda: rows).ended
        thread.join()
