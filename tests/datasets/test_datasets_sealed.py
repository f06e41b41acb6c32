"""Sealed memory holds what it was given and cannot be changed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.harness.mapping import HUGE_PAGE_BYTES, gather_in_huge_pages, map_array
from worker.sandbox.client import Sealed


@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4), seed=st.integers(0, 1000))
def test_scattering_is_concatenating_and_reordering(sizes, seed):
    rng = np.random.default_rng(seed)
    pieces = [rng.random((size, 3, 2)).astype(np.float32) for size in sizes]
    order = rng.permutation(sum(sizes))
    sealed = Sealed.scattered("x", pieces, np.argsort(order), dtype="<f4")
    expected = np.concatenate(pieces)[order]
    assert sealed.spec == {"dtype": "<f4", "shape": list(expected.shape)}
    assert os.pread(sealed.descriptor, 10**6, 0) == expected.tobytes()


@pytest.mark.parametrize("make", [lambda: Sealed("x", b"abc"), lambda: Sealed.scattered("x", [np.ones((1, 2), "<f4")], np.array([0]), dtype="<f4")])
def test_what_is_sealed_cannot_be_written(make):
    sealed = make()
    with pytest.raises(PermissionError):
        os.pwrite(sealed.descriptor, b"z", 0)
    with pytest.raises(PermissionError):
        os.ftruncate(sealed.descriptor, 100)


@pytest.fixture
def rows():
    """More than two huge pages, and a rest."""
    return np.random.default_rng(0).random((2 * HUGE_PAGE_BYTES // 4096 + 5, 32, 32)).astype(np.float32)


def mapped(sealed):
    return map_array(os.dup(sealed.descriptor), **sealed.spec)


def huge_kib(array):
    """Of the mapping that holds it, what lies in pages of 2 MiB, as the kernel says."""
    smaps = Path("/proc/self/smaps").read_text()
    address = f"{array.ctypes.data:x}-"
    _, _, own = f"\n{smaps}".partition(f"\n{address}")
    return sum(int(line.split()[1]) for line in own.split("VmFlags:")[0].splitlines() if line.startswith("ShmemPmdMapped"))


def test_gathering_changes_no_byte_and_no_seal(rows):
    sealed = Sealed("x", rows).gather()
    assert (mapped(sealed) == rows).all()
    with pytest.raises(PermissionError):
        os.pwrite(sealed.descriptor, b"z", 0)


def test_what_was_gathered_is_mapped_in_huge_pages(rows):
    sealed = Sealed("x", rows)
    if not gather_in_huge_pages(sealed.descriptor, rows.nbytes):
        pytest.skip("this kernel, or its memory of this moment, gives no huge pages")
    assert huge_kib(mapped(sealed)) == 2 * HUGE_PAGE_BYTES // 1024


def test_a_change_in_a_huge_page_is_seen_by_nobody_else(rows):
    sealed = Sealed("x", rows).gather()
    mine, theirs = mapped(sealed), mapped(sealed)
    mine[3] = -1
    mine[-1] = -1
    assert (mine[3] == -1).all()
    assert (theirs == rows).all()
    assert (mapped(sealed) == rows).all()


@pytest.mark.parametrize("size", [1, 4096, HUGE_PAGE_BYTES - 1])
def test_what_fills_no_huge_page_is_left_alone(size):
    sealed = Sealed("x", b"a" * size)
    assert not gather_in_huge_pages(sealed.descriptor, size)
    assert bytes(map_array(os.dup(sealed.descriptor), dtype="u1", shape=[size])) == b"a" * size
