"""docs/sandbox.md names what cannot be stopped, the layers and the groups of system calls, as the code has them."""

from __future__ import annotations

from pathlib import Path

import attack

from worker.sandbox.selftest import REMEDIES
from worker.sandbox.syscall_filter import GROUPS

PAGE = Path("docs/sandbox.md").read_text()


def test_every_attack_that_is_not_stopped_is_named_with_its_reason():
    rows = [
        f"| `{found.id}`: {found.expected['title']} | {found.expected['not_stopped']} |"
        for found in attack.load()
        if "not_stopped" in found.expected
    ]
    assert rows
    assert [row for row in rows if row not in PAGE] == []
    assert PAGE.count("\n| `cheats/") + PAGE.count("\n| `escape/") == len(rows)


def test_every_layer_and_every_group_of_calls_is_named():
    assert [layer for layer in REMEDIES if f"`{layer}`" not in PAGE] == []
    assert [group for group in GROUPS if group not in PAGE] == []
