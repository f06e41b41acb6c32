# %% try-out
# ⟦try_out⟧
if __name__ == "__main__":
    from types import SimpleNamespace

    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split

    iris = load_iris()
    x, y = iris.data.astype("float32"), iris.target.astype("int64")
    train_x, other_x, train_y, other_y = train_test_split(x, y, test_size=60, stratify=y)
    shape, names = (4,), tuple(iris.feature_names)

    lab = SimpleNamespace(
        train_x=train_x,
        train_y=train_y,
        n_classes=3,
        input_shape=shape,
        class_names=tuple(map(str, range(3))),
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
