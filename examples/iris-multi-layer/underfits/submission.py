"""Underfits: the learning rate is far too small, so that five epochs change almost nothing."""

import lightning
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class MultiLayer(lightning.LightningModule):
    def __init__(self, n_features, n_classes):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(n_features, 16), nn.Tanh(), nn.Linear(16, n_classes))

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, batch_index):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.00001)


def train(lab):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    model = MultiLayer(x.shape[1], lab.n_classes)
    trainer = lightning.Trainer(
        max_epochs=5,
        accelerator=lab.device,
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, DataLoader(TensorDataset(x, y), batch_size=30, shuffle=True))
    return model
