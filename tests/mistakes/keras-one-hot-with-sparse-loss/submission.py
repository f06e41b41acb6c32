import keras


def train(lab):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    y = keras.utils.to_categorical(lab.train_y)
    model.fit(lab.train_x, y, epochs=3, verbose=0)
    return model
