import torch
from torch import nn


def train(lab):
    model = nn.Sequential(
        nn.Linear(4, 16),
        nn.Tanh(),
        nn.Linear(16, 3),
    for epoch in range(50):
        lab.epoch(model)
    return model
