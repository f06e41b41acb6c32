"""A class that works: thirty students, what they hand in, and when. Everything is trained and graded for real.

What they hand in is drawn, seeded, from what such a class does: networks of different sizes, trained long enough,
too long or hardly at all; code that raises; a copy. So the curves, the confused classes and the digits are real.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

STUDENTS = (
    "Alexandra Munteanu", "Ana-Maria Stoica", "Andrei Lungu", "Bianca Rusu", "Bogdan Ungureanu", "Călin Moraru",
    "Cristina Nistor", "Daria Cojocaru", "David Sandu", "Denisa Oprea", "Diana Șerban", "Eduard Manole",
    "Elena Toma", "Gabriel Voicu", "George Țurcanu", "Horia Barbu", "Ilinca Preda", "Ioana Dănilă",
    "Iulia Constantin", "Luca Anghel", "Maria Chiriac", "Matei Iordache", "Mihnea Sava", "Oana Ene",
    "Radu Florescu", "Raluca Crăciun", "Sofia Ardelean", "Ștefan Bucur", "Teodora Neagoe", "Vlad Păun",
)  # fmt: skip
INSTRUCTOR = "Ina Dobre"

_MNIST = '''"""MNIST, {about}."""

import torch
from torch import nn


def train(lab):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    model = nn.Sequential(
        nn.Flatten(),
{layers}
    )
    optimizer = torch.optim.Adam(model.parameters(), lr={rate})
    for epoch in range({epochs}):
        model.train()
        for rows in torch.randperm(len(x)).split({batch}):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
        lab.epoch(model)
    return model
'''
_IRIS = '''"""Iris, {about}."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, x, n_classes):
        super().__init__()
        self.register_buffer("mean", x.mean(0))
        self.register_buffer("std", x.std(0))
        self.layers = nn.Sequential({layers})

    def forward(self, x):
        return self.layers((x - self.mean) / self.std)


def train(lab):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    model = Net(x, lab.n_classes)
    optimizer = torch.optim.Adam(model.parameters(), lr={rate})
    for step in range({steps}):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        if step % 5 == 4:
            lab.epoch(model)
    return model
'''
_RAISES = _MNIST.format(
    about="one hidden layer", layers="        nn.Linear(28 * 28, 64),\n        nn.ReLU(),\n        nn.Linear(32, lab.n_classes),",
    rate=0.001, epochs=4, batch=128,
)  # fmt: skip


@dataclass(frozen=True)
class Work:
    """One file of one student. `days_ago`: when it shall have been handed in."""

    student: str
    assignment: str
    source: str
    days_ago: float


def login_of(name):
    plain = str.maketrans("ăâîșțĂÂÎȘȚ", "aaistAAIST")
    return name.translate(plain).lower().replace(" ", "-")


def class_works(examples, seed=11):
    """In the order in which they are handed in. `examples`: source of each solution under examples/."""
    draw = random.Random(seed)
    works = []
    for place, student in enumerate(STUDENTS):
        skill = draw.random()
        works += _iris_works(draw, student, place, skill)
        works += _mnist_works(draw, student, place, examples)
    return sorted(works, key=lambda work: -work.days_ago)


def _iris_works(draw, student, place, skill):
    if place != 8:
        steps = draw.choice([4, 10, 40, 60, 100]) if skill < 0.4 else draw.choice([60, 80, 100])
        code = _IRIS.format(about="one layer", layers="nn.Linear(4, n_classes)", rate=draw.choice([0.05, 0.1]), steps=steps)
        yield Work(student, "iris-single-layer", code, draw.uniform(10.5, 17))
    if place not in {8, 21}:
        width = draw.choice([8, 12, 16, 24])
        inner = f"nn.Linear(4, {width}), nn.Tanh(), nn.Linear({width}, n_classes)"
        if place in {5, 19}:
            inner = f"nn.Linear(4, {width}), nn.Linear({width}, n_classes)"
        if place in {2, 13, 27}:
            inner = "nn.Linear(4, 2000), Wave(), nn.Linear(2000, n_classes)"
        code = _IRIS.format(about=f"{width} hidden units", layers=inner, rate=draw.choice([0.02, 0.05]), steps=draw.choice([60, 80]))
        if "Wave()" in code:
            code = code.replace("class Net", _WAVE + "\n\nclass Net", 1)
        yield Work(student, "iris-multi-layer", code, draw.uniform(3.5, 9))


_WAVE = """class Wave(nn.Module):
    def forward(self, x):
        return torch.sin(12 * x)

"""


# Who works with what in the two labs on MNIST; the others with PyTorch, each in their own way.
_FRAMEWORKS = {0: "keras", 9: "lightning", 18: "tensorflow", 22: "keras", 26: "tensorflow"}


def _mnist_works(draw, student, place, examples):
    if place in {8, 21}:
        return
    first = draw.uniform(0.6, 3)
    if place in _FRAMEWORKS:
        for assignment, days_ago in (("mnist-multi-layer", first), ("mnist-single-layer", draw.uniform(0.02, 0.9))):
            yield Work(student, assignment, examples[f"{assignment}/{_FRAMEWORKS[place]}"], days_ago)
        return
    if place in {6, 15}:  # one of them has copied, and renamed
        copied = examples["mnist-single-layer/pytorch"]
        copied = copied if place == 6 else copied.replace("model", "net").replace("optimizer", "opt")
        yield Work(student, "mnist-single-layer", copied, draw.uniform(0.02, 0.9))
    if place in {3, 16}:
        yield Work(student, "mnist-multi-layer", _RAISES, first + 0.2)
    if place == 11:
        yield Work(student, "mnist-multi-layer", _RAISES, first)
    elif place in {1, 6, 12, 17, 23, 28}:  # much too long, with nothing against it
        hidden = draw.choice([96, 128, 192, 256])
        yield Work(student, "mnist-multi-layer", _mnist(hidden, 0, draw.choice([0.002, 0.003, 0.004]), draw.randint(12, 20), 512), first)
    elif place in {4, 14, 25}:  # hardly at all
        yield Work(student, "mnist-multi-layer", _mnist(draw.choice([6, 8, 10]), 0, draw.choice([0.0004, 0.0006]), 2, 512), first)
    elif place == 19:
        yield Work(student, "mnist-multi-layer", _mnist(64, 0, 0.002, 3, 256).replace("        nn.ReLU(),\n", ""), first)
    else:
        dropout = draw.choice([0.2, 0.3, 0.4, 0.5])
        yield Work(student, "mnist-multi-layer", _mnist(draw.choice([64, 96, 128, 160]), dropout, draw.choice([0.001, 0.0015, 0.002]), draw.randint(2, 6), 256), first)


def _mnist(hidden, dropout, rate, epochs, batch):
    layers = [f"nn.Linear(28 * 28, {hidden})", "nn.ReLU()", *([f"nn.Dropout({dropout})"] if dropout else [])]
    lines = "\n".join(f"        {layer}," for layer in [*layers, f"nn.Linear({hidden}, lab.n_classes)"])
    return _MNIST.format(about=f"{hidden} hidden units", layers=lines, rate=rate, epochs=epochs, batch=batch)
