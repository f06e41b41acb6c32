import numpy as np
import torch
from torch import nn


def train(lab):
    data = np.loadtxt("iris.csv", delimiter=",")
    x = torch.tensor(data[:, :4], dtype=torch.float32)
    model = nn.Linear(4, 3)
    return model
