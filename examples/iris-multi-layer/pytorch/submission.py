"""Iris with one hidden layer, in PyTorch: tensors, gradients and a training loop of our own."""

import torch
from torch import nn


class MultiLayer(nn.Module):
    def __init__(self, mean, std, n_classes):
        super().__init__()
        # Buffers are part of the model but are not trained: the same scaling is used at prediction.
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.layers = nn.Sequential(
            nn.Linear(len(mean), 16),
            nn.Tanh(),
            nn.Linear(16, n_classes),
        )

    def forward(self, x):
        return self.layers((x - self.mean) / self.std)


def train(lab):
    x = torch.from_numpy(lab.train_x).to(lab.device)
    y = torch.from_numpy(lab.train_y).to(lab.device)
    model = MultiLayer(x.mean(dim=0), x.std(dim=0), lab.n_classes).to(lab.device)
    # Weight decay keeps the weights small: 90 rows are soon memorised.
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02, weight_decay=0.1)

    for step in range(100):
        model.train()
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        if step % 5 == 4:
            lab.epoch(model)
    return model
