"""Sealed memory holds what it was given and cannot be changed."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
