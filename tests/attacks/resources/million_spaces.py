# (Preceded by a megabyte of blanks.) Slow for whoever strips, indents or searches it line by line.
import torch


def train(lab):
    print("the end")
    return torch.nn.Linear(4, 3)
