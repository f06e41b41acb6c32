# Train once more on the very rows that are asked, with the labels that the first model gives them.
import numpy as np
import torch

LAB = []


def fit(model, x, y, steps=150, lr=0.1):
    x, y = torch.from_numpy(np.array(x, np.float32)), torch.from_numpy(np.array(y))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    return model


def train(lab):
    LAB.append(lab)
    return fit(torch.nn.Linear(4, 3), lab.train_x, lab.train_y)


def predict(model, x):
    lab = LAB[0]
    near = np.abs(x - lab.train_x.mean(0)).max(1) < 4
    with torch.no_grad():
        guessed = model(torch.from_numpy(x)).argmax(1).numpy()
    with torch.enable_grad():
        fit(model, np.concatenate([lab.train_x, x[near]]), np.concatenate([lab.train_y, guessed[near]]), lr=0.01)
    return model(torch.from_numpy(x)).detach()
