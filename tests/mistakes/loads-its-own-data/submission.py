import torch
from sklearn.datasets import load_iris
from torch import nn


def train(lab):
    iris = load_iris()
    x = torch.tensor(iris.data, dtype=torch.float32)
    y = torch.tensor(iris.target)
    model = nn.Linear(4, 3)
    return model
