"""Crashes: MNIST has 60,000 training images, but 10,000 of them are kept for validation."""

import torch
from torch import nn


def train(lab):
    x = torch.from_numpy(lab.train_x.reshape(60000, 28 * 28))
    y = torch.from_numpy(lab.train_y)
    model = nn.Sequential(nn.Linear(28 * 28, 128), nn.ReLU(), nn.Linear(128, lab.n_classes))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    for rows in torch.randperm(len(x)).split(128):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    lab.epoch(model)
    return model
