# Many layers, every one with an activation, and none of it bends: leaky ReLU with slope one, a tanh that is never left
# its straight part.
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


class Tiny(nn.Module):
    """tanh, where it is the identity."""

    def forward(self, x):
        return torch.tanh(x * 1e-4) * 1e4


def train(lab):
    layers = [nn.Linear(4, 32), nn.LeakyReLU(1.0), nn.Linear(32, 32), Tiny(), nn.Dropout(0.1), nn.Linear(32, 32),
              nn.PReLU(init=1.0).requires_grad_(False), nn.Hardtanh(-1e9, 1e9), nn.Linear(32, 3)]  # fmt: skip
    model = nn.Sequential(*layers)
    fit(model, lab, steps=200, lr=0.005)
    return model.eval()
