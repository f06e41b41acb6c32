"""MNIST with one hidden layer and dropout, in Keras."""

import keras


def train(lab):
    model = keras.Sequential(
        [
            keras.Input(lab.input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(0.4),
            keras.layers.Dense(lab.n_classes, activation="softmax"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss="sparse_categorical_crossentropy")
    model.fit(lab.train_x, lab.train_y, batch_size=256, epochs=4, verbose=0)
    return model
