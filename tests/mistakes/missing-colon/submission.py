import torch
from torch import nn


def train(lab):
    model = nn.Linear(4, 3)
    for epoch in range(50)
        lab.epoch(model)
    return model
