"""Keras `fit` with a validation split, all the usual callbacks, and the best model read back."""

import keras


def train(lab):
    inputs = keras.Input(lab.input_shape)
    scale = keras.layers.Normalization()
    scale.adapt(lab.train_x)
    hidden = keras.layers.Dense(16, activation="relu")(scale(inputs))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dropout(0.1)(hidden))
    model = keras.Model(inputs, keras.layers.Dense(lab.n_classes, activation="softmax")(hidden))
    model.summary()
    model.compile(optimizer=keras.optimizers.Adam(0.03), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        lab.train_x, lab.train_y, epochs=20, batch_size=24, validation_split=0.2, shuffle=True, verbose=2,
        callbacks=[
            keras.callbacks.EarlyStopping(monitor="val_loss", patience=8, restore_best_weights=True),
            keras.callbacks.ReduceLROnPlateau(patience=3),
            keras.callbacks.ModelCheckpoint("best.keras", monitor="loss", save_best_only=True),
            keras.callbacks.CSVLogger("history.csv"),
            keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.99),
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, sorted(logs))),
            keras.callbacks.TerminateOnNaN(),
        ],
    )  # fmt: skip
    print(sorted(history.history), sum(1 for _ in open("history.csv")))
    best = keras.models.load_model("best.keras")
    print(best.evaluate(lab.train_x, lab.train_y, verbose=0), best.predict(lab.train_x, verbose=0).shape)
    return best
