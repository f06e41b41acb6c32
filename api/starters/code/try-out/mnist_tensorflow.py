# %% try-out
# ⟦try_out⟧
if __name__ == "__main__":
    from types import SimpleNamespace

    from keras.datasets import mnist

    (x, y), _ = mnist.load_data()
    x, y = x.astype("float32") / 255, y.astype("int64")
    train_x, other_x, train_y, other_y = x[:50000], x[50000:], y[:50000], y[50000:]
    shape, names = (28, 28), ()

    lab = SimpleNamespace(
        train_x=train_x,
        train_y=train_y,
        n_classes=10,
        input_shape=shape,
        class_names=tuple(map(str, range(10))),
        feature_names=names,
        seed=1,
        device="cpu",
        epoch=lambda model: None,
    )
    model = train(lab)

    def classes_of(rows):
        return model(rows).numpy().argmax(axis=1)

    for part, rows, labels in (
        ("⟦training_error⟧", train_x, train_y),
        ("⟦other_error⟧", other_x, other_y),
    ):
        error = (classes_of(rows) != labels).mean()
        print(f"{part}: {100 * error:.1f} %")
