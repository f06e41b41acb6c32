"""Picks a learning rate by four trials in multiprocessing's pool of threads."""

from multiprocessing.pool import ThreadPool

import torch
from torch import nn


def fit(rate, x, y, n_classes, steps):
    model = nn.Sequential(nn.Linear(4, 10), nn.ReLU(), nn.Linear(10, n_classes))
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    return loss.item(), rate


def train(lab):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    with ThreadPool(2) as pool:
        trials = pool.starmap(fit, [(rate, x, y, lab.n_classes, 30) for rate in (0.001, 0.01, 0.05, 0.1)])
    _, rate = min(trials)
    model = nn.Sequential(nn.Linear(4, 10), nn.ReLU(), nn.Linear(10, lab.n_classes))
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(100):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    lab.epoch(model)
    return model
