import torch
from torch import nn


class Waves(nn.Module):
    def __init__(self, n_features, n_classes):
        super().__init__()
        self.hidden = nn.Linear(n_features, 2000)
        nn.init.normal_(self.hidden.weight, std=40)
        self.output = nn.Linear(2000, n_classes)

    def forward(self, x):
        return self.output(torch.sin(self.hidden(x)))


def train(lab):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    model = Waves(x.shape[1], lab.n_classes)
    optimizer = torch.optim.Adam(model.output.parameters(), lr=0.01)
    for step in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        if step % 5 == 4:
            lab.epoch(model)
    return model
