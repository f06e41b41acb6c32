"""Iris with one fully connected layer, in Keras."""

import keras


def train(lab):
    model = keras.Sequential(
        [
            keras.Input(lab.input_shape),
            keras.layers.Normalization(mean=lab.train_x.mean(axis=0), variance=lab.train_x.var(axis=0)),
            keras.layers.Dense(lab.n_classes, activation="softmax"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.1), loss="sparse_categorical_crossentropy")
    model.fit(lab.train_x, lab.train_y, batch_size=len(lab.train_x), epochs=40, verbose=0)
    return model
