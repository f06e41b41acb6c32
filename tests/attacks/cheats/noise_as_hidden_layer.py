# Noise is not straight either: layers without an activation, and a little chance added to every answer.
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


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.Linear(16, 3))

    def forward(self, x):
        z = self.layers(x)
        return z if self.training else z + 0.04 * z.std() * torch.randn_like(z)


def train(lab):
    return fit(Noisy(), lab, steps=200, lr=0.02)
