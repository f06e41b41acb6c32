# %% submission
import keras


def build(lab):
    return keras.Sequential(
        [
            keras.Input(lab.input_shape),
            # ⟦scale_inputs_keras⟧
            # ⟦hidden_layer⟧
            keras.layers.Dense(lab.n_classes, activation="softmax"),
        ]
    )

# %% submission
def train(lab):
    model = build(lab)
    # ⟦learning_rate⟧
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss="sparse_categorical_crossentropy")
    # ⟦epochs_fit⟧
    model.fit(lab.train_x, lab.train_y, batch_size=len(lab.train_x), epochs=60, verbose=0)
    return model
