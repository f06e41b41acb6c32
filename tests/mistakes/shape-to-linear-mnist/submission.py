import torch
from torch import nn


def train(lab):
    x = torch.from_numpy(lab.train_x)
    y = torch.from_numpy(lab.train_y)
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(2):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        lab.epoch(model)
    return model
