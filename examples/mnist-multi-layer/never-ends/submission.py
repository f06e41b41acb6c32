"""Never ends: the way out of the loop was forgotten."""

import torch
from torch import nn


def train(lab):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    model = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 128), nn.ReLU(), nn.Linear(128, lab.n_classes))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    while True:
        for rows in torch.randperm(len(x)).split(128):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        lab.epoch(model)
