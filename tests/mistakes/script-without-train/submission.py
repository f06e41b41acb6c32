import torch
from torch import nn

def main(lab):
    model = nn.Linear(4, 3)
    return model

if __name__ == "__main__":
    main()
