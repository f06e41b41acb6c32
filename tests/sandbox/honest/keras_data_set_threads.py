"""Keras fed by a data set class whose batches two threads prepare, with class weights and one-hot labels."""

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y, **options):
        super().__init__(**options)
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x) // 15

    def __getitem__(self, index):
        rows = slice(15 * index, 15 * index + 15)
        return self.x[rows] + np.random.normal(0, 0.02, self.x[rows].shape).astype("float32"), self.y[rows]


def train(lab):
    order = np.random.permutation(len(lab.train_x))
    x, y = lab.train_x[order], keras.utils.to_categorical(lab.train_y[order], lab.n_classes)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(12, activation="gelu", kernel_initializer="he_normal"),
            keras.layers.Dense(lab.n_classes),
        ]
    )
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(0.03), loss=loss, metrics=["categorical_accuracy"])
    model.fit(Batches(x, y, workers=2, max_queue_size=4), epochs=15, class_weight={0: 1.0, 1: 1.2, 2: 1.2}, verbose=1)
    return model
