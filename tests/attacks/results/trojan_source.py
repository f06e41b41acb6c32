# (Preceded by lines that turn the order of writing around.) Code that a person reads otherwise than Python does.
import torch


def train(lab):
    print("the end")
    return torch.nn.Linear(4, 3)
