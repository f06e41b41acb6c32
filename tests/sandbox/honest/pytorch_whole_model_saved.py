"""Saves whole objects of its own classes, as `torch.save(model)` and pickle do, and reads them back."""

import pickle
import typing
from dataclasses import dataclass, field
from enum import Enum

import torch
from torch import nn


class Shape(Enum):
    NARROW = 8
    WIDE = 24


@dataclass
class Plan:
    shape: Shape = Shape.WIDE
    rates: typing.List[float] = field(default_factory=lambda: [0.05, 0.01])


class Net(nn.Module):
    def __init__(self, plan: Plan, n_classes: int):
        super().__init__()
        self.plan = plan
        self.layers = nn.Sequential(nn.Linear(4, plan.shape.value), nn.ReLU(), nn.Linear(plan.shape.value, n_classes))

    def forward(self, x):
        return self.layers(x)


def train(lab):
    print(typing.get_type_hints(Plan), __name__)
    plan = pickle.loads(pickle.dumps(Plan()))
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    model = Net(plan, lab.n_classes)
    for rate in plan.rates:
        optimizer = torch.optim.Adam(model.parameters(), lr=rate)
        for _ in range(40):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        lab.epoch(model)
        torch.save(model, "net.pt")
    return torch.load("net.pt", weights_only=False)
