"""Which pictures of a run are kept, and which never."""

import numpy as np

from graders.evidence import Evidence, PartEvidence, RepeatEvidence
from worker.misread import SHOWN, first_misread


def evidence(labels, predicted):
    part = PartEvidence(labels=np.array(labels), predicted=np.array(predicted), scores=None)
    repeat = RepeatEvidence(seed=1, split_id="x", curve=None, parts={"validation": part, "test": part})
    return Evidence(n_classes=3, class_names=("a", "b", "c"), repeats=(repeat,))


def pictures(n, shape=(2, 3)):
    return np.linspace(-1, 1, n * shape[0] * shape[1], dtype=np.float32).reshape(n, *shape)


def test_the_first_ones_that_were_got_wrong_are_kept_as_bytes():
    labels = np.array([0, 1, 2, 0])
    found = first_misread(evidence(labels, [0, 2, 2, 1]), pictures(4), labels)
    assert (found.labels, found.predicted) == ((1, 0), (2, 1))
    assert (found.height, found.width) == (2, 3)
    assert found.pictures[0][0] == 0
    assert found.pictures[-1][-1] == 255


def test_never_more_than_a_few_whatever_is_got_wrong():
    labels = np.zeros(1000, dtype=int)
    found = first_misread(evidence(labels, labels + 1), pictures(1000, (1, 1, 1)[:2]), labels)
    assert len(found.pictures) == SHOWN


def test_nothing_is_kept_where_there_is_nothing_to_show():
    labels = np.array([0, 1])
    right, wrong = evidence(labels, labels), evidence(labels, [1, 0])
    assert first_misread(right, pictures(2), labels) is None
    assert first_misread(wrong, np.zeros((2, 4), dtype=np.float32), labels) is None  # flowers are no pictures
    assert first_misread(wrong, pictures(2, (100, 100)), labels) is None
    assert first_misread(wrong, pictures(2), np.array([1, 1])) is None  # not the rows that were predicted
    assert first_misread(Evidence(n_classes=3, class_names=(), repeats=()), pictures(2), labels) is None
