# %% submission
import torch
from torch import nn


class SingleLayer(nn.Module):
    def __init__(self, n_features, n_classes):
        super().__init__()
        self.layer = nn.Linear(n_features, n_classes)

    def forward(self, x):
        # ⟦scale_inputs⟧
        return self.layer(x)

# %% submission
def train(lab):
    x = torch.from_numpy(lab.train_x).to(lab.device)
    y = torch.from_numpy(lab.train_y).to(lab.device)
    model = SingleLayer(x.shape[1], lab.n_classes).to(lab.device)
    # ⟦learning_rate⟧
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    # ⟦epochs⟧
    for epoch in range(60):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        # ⟦record⟧
        lab.epoch(model)
    return model
