"""MNIST with one hidden layer and dropout, in PyTorch: a training loop of our own."""

import torch
from torch import nn


def train(lab):
    x = torch.from_numpy(lab.train_x).to(lab.device)
    y = torch.from_numpy(lab.train_y).to(lab.device)
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(28 * 28, 128),
        nn.ReLU(),
        nn.Dropout(0.4),
        nn.Linear(128, lab.n_classes),
    ).to(lab.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)

    for epoch in range(4):
        model.train()
        for rows in torch.randperm(len(x), device=x.device).split(128):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
        lab.epoch(model)
    return model
