"""Submissions that do not learn from the labels they are given, written as a student would who wants a grade for nothing."""

from __future__ import annotations

import hashlib

import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression


def label_table():
    """Every row of the public data set with its label; `train` never looks at lab.train_y."""
    iris = load_iris()
    rows = iris.data.astype(np.float32)
    table = {hashlib.md5(row.tobytes()).hexdigest()[:12]: int(label) for row, label in zip(rows, iris.target, strict=True)}
    return f"""
import hashlib
import numpy as np
import torch

TABLE = {table!r}

def train(lab):
    return torch.nn.Linear(4, lab.n_classes)

def predict(model, x):
    scores = np.zeros((len(x), 3), np.float32)
    for row, found in zip(np.asarray(x, np.float32), scores):
        found[TABLE.get(hashlib.md5(row.tobytes()).hexdigest()[:12], 0)] = 1
    return scores
"""


def embedded_weights():
    """Trained at home on all of the public data; `train` only unpacks."""
    iris = load_iris()
    fitted = LogisticRegression(max_iter=2000).fit(iris.data, iris.target)
    return f"""
import torch

def train(lab):
    model = torch.nn.Linear(4, 3)
    with torch.no_grad():
        model.weight.copy_(torch.tensor({fitted.coef_.round(4).tolist()}))
        model.bias.copy_(torch.tensor({fitted.intercept_.round(4).tolist()}))
    for _ in range(5):
        lab.epoch(model)
    return model
"""


def pretended_training():
    """Embedded weights, and a training loop on the labels given whose learning rate is nothing."""
    return embedded_weights().replace(
        "    for _ in range(5):\n        lab.epoch(model)\n",
        "    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)\n"
        "    optimizer = torch.optim.SGD(model.parameters(), lr=1e-9)\n"
        "    for _ in range(20):\n"
        "        optimizer.zero_grad()\n"
        "        torch.nn.functional.cross_entropy(model(x), y).backward()\n"
        "        optimizer.step()\n"
        "        lab.epoch(model)\n",
    )


def table_mapped_through_the_labels_given():
    """What no control run can tell from a learner: the table's answers are renamed by the labels that came."""
    return label_table().replace(
        "    return torch.nn.Linear(4, lab.n_classes)\n",
        "    global NAMES\n"
        "    known = [TABLE[hashlib.md5(row.tobytes()).hexdigest()[:12]] for row in lab.train_x]\n"
        "    NAMES = [np.bincount(lab.train_y[np.array(known) == c], minlength=3).argmax() for c in range(3)]\n"
        "    return torch.nn.Linear(4, lab.n_classes)\n",
    ).replace("[:12], 0)] = 1", "[:12], 0)] = 1\n        found[:] = found[np.argsort(NAMES)]")
