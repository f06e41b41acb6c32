"""Lightning as its first page shows it: every default, a data module, a metric of torchmetrics."""

import lightning as L
import torch
import torchmetrics
from torch.utils.data import DataLoader, TensorDataset


class Flowers(L.LightningDataModule):
    def __init__(self, lab):
        super().__init__()
        self.lab = lab

    def setup(self, stage):
        self.rows = TensorDataset(torch.from_numpy(self.lab.train_x), torch.from_numpy(self.lab.train_y))

    def train_dataloader(self):
        return DataLoader(self.rows, batch_size=15, shuffle=True, num_workers=2)


class Net(L.LightningModule):
    def __init__(self, n_classes):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, 20), torch.nn.ReLU(), torch.nn.Linear(20, n_classes))
        self.accuracy = torchmetrics.Accuracy(task="multiclass", num_classes=n_classes)

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        scores = self(x)
        self.log("acc", self.accuracy(scores, y), on_step=False, on_epoch=True, prog_bar=True)
        return torch.nn.functional.cross_entropy(scores, y)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)


def train(lab):
    model = Net(lab.n_classes)
    trainer = L.Trainer(max_epochs=20)
    trainer.fit(model, datamodule=Flowers(lab))
    return model
