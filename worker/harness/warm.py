"""What each zygote imports, and the first training step that finds what else to import."""

from __future__ import annotations

from typing import Any

FAMILIES: dict[str, tuple[str, ...]] = {
    "torch": ("numpy", "torch", "torch.utils.data", "lightning", "lightning.pytorch"),
    "tensorflow": ("numpy", "tensorflow", "keras"),
}
# Which zygote serves which framework.
FAMILY_OF = {"pytorch": "torch", "lightning": "torch", "tensorflow": "tensorflow", "keras": "tensorflow"}

ENVIRONMENT = {
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # the other check initialises CUDA, which poisons every fork
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "KERAS_BACKEND": "tensorflow",
    "USER": "student",  # the uid of a jail has no name, and getpass.getuser() would raise
    "HDF5_USE_FILE_LOCKING": "FALSE",  # a jail has no file locks; Keras' `save_weights` would fail
    "JOBLIB_MULTIPROCESSING": "0",  # its processes cannot start in a jail; one after another works
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait cost two jails on two cores tenfold
    "TF_ENABLE_ONEDNN_OPTS": "0",  # the same scores on every processor
}

# While it imports, a zygote keeps such files in a folder of its own: see the runner.
HOME_VARIABLES = ("HOME", "TMPDIR", "MPLCONFIGDIR")


def first_step(family: str) -> None:
    """Train a little, as a student would. Only ever called in a throw-away child."""
    {"torch": _first_step_torch, "tensorflow": _first_step_tensorflow}[family]()


def step_inside(family: str) -> None:
    """A smaller first step, in a jail that waits for its job: kernels and threads are then set up.

    It leaves no trace that a student could see: random state is seeded afterwards, Keras' names start anew.
    """
    {"torch": _step_inside_torch, "tensorflow": _step_inside_tensorflow}[family]()


def _step_inside_torch() -> None:
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    optimizer = torch.optim.Adam(model.parameters())
    labels = torch.zeros(64, dtype=torch.int64)
    torch.nn.functional.cross_entropy(model(torch.zeros(64, 4)), labels).backward()
    optimizer.step()


def _step_inside_tensorflow() -> None:
    import keras
    import numpy as np
    import tensorflow as tf

    weights = tf.Variable(np.zeros((4, 3), np.float32))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(tf.zeros((64, 4)) @ weights))
    weights.assign_sub(tape.gradient(loss, weights))
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])(np.zeros((64, 4), np.float32))
    keras.utils.clear_session()


def _first_step_torch() -> None:
    import lightning
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    torch.set_num_threads(1)
    x, y = torch.zeros(8, 4), torch.zeros(8, dtype=torch.int64)

    class Small(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.body = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Dropout(), torch.nn.Linear(4, 3))

        def training_step(self, batch: Any, _: int) -> Any:
            return torch.nn.functional.cross_entropy(self.body(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters())

    for make in (torch.optim.SGD, torch.optim.AdamW, torch.optim.Adam):
        model = Small()
        optimizer = make(model.parameters(), lr=0.1)
        model.training_step((x, y), 0).backward()
        optimizer.step()
    trainer = lightning.Trainer(
        max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, accelerator="cpu",
    )  # fmt: skip
    trainer.fit(Small(), DataLoader(TensorDataset(x, y), batch_size=4))


def _first_step_tensorflow() -> None:
    import keras
    import numpy as np
    import tensorflow as tf

    x, y = np.zeros((8, 4), np.float32), np.zeros(8, np.int64)
    model = keras.Sequential([keras.layers.Dense(4, activation="relu"), keras.layers.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    model.fit(x, y, epochs=1, verbose=0)
    model.predict(x, verbose=0)
    weights = tf.Variable(np.zeros((4, 3), np.float32))

    @tf.function  # type: ignore[untyped-decorator]
    def step() -> Any:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=x @ weights)
            value = tf.reduce_mean(losses)
        return tape.gradient(value, weights)

    keras.optimizers.Adam().apply_gradients([(step(), weights)])
