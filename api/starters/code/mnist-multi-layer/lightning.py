# %% submission
import lightning
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset


class Network(lightning.LightningModule):
    def __init__(self, n_classes):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(),
            # ⟦hidden_layer⟧
            nn.Linear(28 * 28, n_classes),
        )

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, batch_index):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def configure_optimizers(self):
        # ⟦learning_rate⟧
        return torch.optim.SGD(self.parameters(), lr=0.01)

# %% submission
def train(lab):
    rows = TensorDataset(torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y))
    # ⟦whole_batches⟧
    whole = BatchSampler(RandomSampler(rows), batch_size=64, drop_last=False)
    batches = DataLoader(rows, sampler=whole, batch_size=None)
    model = Network(lab.n_classes)
    # ⟦epochs_fit⟧
    # ⟦regularise⟧
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator=lab.device,
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, batches)
    return model
