"""Three layers without an activation between them: together they are one linear layer."""

import lightning
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset


class LinearStack(lightning.LightningModule):
    def __init__(self, n_classes):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(28 * 28, 128),
            nn.Linear(128, 64),
            nn.Linear(64, n_classes),
        )

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, batch_index):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.001)


def train(lab):
    rows = TensorDataset(torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y))
    # A sampler of whole batches takes 256 rows at once; batch_size=256 would fetch them one by one.
    batches = DataLoader(rows, sampler=BatchSampler(RandomSampler(rows), 256, drop_last=False), batch_size=None)
    model = LinearStack(lab.n_classes)
    trainer = lightning.Trainer(
        max_epochs=3,
        accelerator=lab.device,
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, batches)  # records every epoch by itself
    return model
