# (Preceded by a megabyte of line ends.) Slow for whoever searches it by pattern, or counts its lines.
import torch


def train(lab):
    print("the end")
    return torch.nn.Linear(4, 3)
