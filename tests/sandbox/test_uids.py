"""No two runners of a host give their jails the same uids."""

from worker.sandbox.uids import UidBlock


def test_no_block_is_given_twice_while_it_is_held(monkeypatch):
    monkeypatch.delenv("RUNNER_FIRST_UID", raising=False)
    # Of about 62 blocks, so that by chance alone two of them would meet nearly always.
    blocks = [UidBlock(8) for _ in range(20)]
    larger = UidBlock(100)
    taken = [uid for block in (*blocks, larger) for uid in block.uids]
    assert len(taken) == len(set(taken)) == 20 * 8 + 100
    for block in (*blocks, larger):
        block.close()


def test_a_block_is_free_again_once_its_holder_is_gone(monkeypatch):
    monkeypatch.delenv("RUNNER_FIRST_UID", raising=False)
    for _ in range(200):
        block = UidBlock(64)
        assert len(block.uids) == 64
        block.close()


def test_where_all_are_taken_one_is_shared_and_the_first_one_may_be_named(monkeypatch):
    monkeypatch.delenv("RUNNER_FIRST_UID", raising=False)
    blocks = [UidBlock(64) for _ in range(100)]
    assert all(block.uids.start >= 61_000 and block.uids.stop <= 65_065 for block in blocks)
    for block in blocks:
        block.close()
    monkeypatch.setenv("RUNNER_FIRST_UID", "62000")
    assert UidBlock(8).uids == range(62_000, 62_008)
