"""Three layers without an activation between them: together they are one linear layer."""

import torch
from torch import nn


class LinearStack(nn.Module):
    def __init__(self, mean, std, n_classes):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.Linear(16, 16), nn.Linear(16, n_classes))

    def forward(self, x):
        return self.layers((x - self.mean) / self.std)


def train(lab):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    model = LinearStack(x.mean(dim=0), x.std(dim=0), lab.n_classes)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(100):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        if step % 5 == 4:
            lab.epoch(model)
    return model
