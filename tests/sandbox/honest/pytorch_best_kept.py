"""Keeps the best state on disk, logs, and uses much of the standard library, as notebooks do."""

import copy
import csv
import datetime
import json
import logging
import math
import os
import pathlib
import pickle
import platform
import random
import tempfile
import time
import uuid
import warnings
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

logging.basicConfig(level=logging.INFO)
log = logging.getLogger("lab")
warnings.filterwarnings("ignore")


@dataclass
class Plan:
    rate: float = 0.03
    epochs: int = 40


def train(lab):
    plan, device = Plan(), torch.device("cuda" if torch.cuda.is_available() else "cpu")
    log.info("%s on %s with %s, %d cores", json.dumps(asdict(plan)), platform.platform(), device, os.cpu_count())
    random.seed(lab.seed)
    np.random.seed(lab.seed % 2**32)
    print(Counter(lab.train_y.tolist()), uuid.uuid4().version, datetime.datetime.now().year > 2000)
    x, y = torch.tensor(lab.train_x, device=device), torch.tensor(lab.train_y, device=device)
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, lab.n_classes))
    optimizer = torch.optim.AdamW(model.parameters(), lr=plan.rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, plan.epochs)
    best, best_loss, history, started = None, math.inf, defaultdict(list), time.perf_counter()
    for _ in tqdm(range(plan.epochs)):
        model.train()
        order = torch.randperm(len(x))
        for rows in order.split(30):
            optimizer.zero_grad(set_to_none=True)
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows], label_smoothing=0.05)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        schedule.step()
        history["loss"].append(loss.item())
        if loss.item() < best_loss:
            best, best_loss = copy.deepcopy(model.state_dict()), loss.item()
            torch.save(best, "best.pt")
        lab.epoch(model)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "history.csv"
        with path.open("w", newline="") as out:
            csv.writer(out).writerows(enumerate(history["loss"]))
        print(len(path.read_text().splitlines()), "lines,", round(time.perf_counter() - started) < 20)
    model.load_state_dict(torch.load("best.pt", weights_only=True))
    return pickle.loads(pickle.dumps(model))
