"""Lightning with a validation loader, early stopping and the best checkpoint read back."""

import lightning
import torch
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(lightning.LightningModule):
    def __init__(self, n_classes, width=16):
        super().__init__()
        self.save_hyperparameters()
        self.layers = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, n_classes))

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        scores = self(x)
        self.log("val_loss", nn.functional.cross_entropy(scores, y), prog_bar=True)
        self.log("val_acc", (scores.argmax(dim=1) == y).float().mean())

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=0.03)
        return {"optimizer": optimizer, "lr_scheduler": torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.97)}


def train(lab):
    lightning.seed_everything(lab.seed % 2**32, workers=True)
    rows = TensorDataset(torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y))
    part, validation = random_split(rows, [0.8, 0.2])
    best = ModelCheckpoint(dirpath="checkpoints", monitor="val_loss", mode="min", save_top_k=1)
    stop = EarlyStopping(monitor="val_loss", patience=5, mode="min")
    trainer = lightning.Trainer(
        max_epochs=25, accelerator="cpu", devices=1, log_every_n_steps=1, deterministic=True,
        callbacks=[best, stop, LearningRateMonitor()], logger=CSVLogger("logs"),
    )  # fmt: skip
    trainer.fit(
        Net(lab.n_classes),
        DataLoader(part, batch_size=24, shuffle=True, num_workers=2, persistent_workers=True),
        DataLoader(validation, batch_size=64, num_workers=2),
    )
    print("best", best.best_model_path, float(best.best_model_score))
    return Net.load_from_checkpoint(best.best_model_path)
