# One trained layer, and a fixed wave along some direction added to its scores, so that they bend everywhere.
import torch
from torch import nn


def fit(model, lab, steps=150, lr=0.1):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for step in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        if step % 15 == 14:
            lab.epoch(model)
    return model


class Wavy(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.Linear(16, 3))

    def forward(self, x):
        return self.layers(x) + 2 * torch.sin(x.sum(1, keepdim=True) * torch.tensor([0.7, 0.9, 1.1]))


def train(lab):
    return fit(Wavy(), lab, steps=200, lr=0.02)
