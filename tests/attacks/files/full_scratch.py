# Fill the scratch folder, also with files that have no name any more, and see whether the host's disk fills.
import os

import torch

MOST = 17 << 20


def fill(number):
    written = 0
    try:
        while True:
            written += os.write(number, b"x" * 65536)
    except OSError as error:
        print("REFUSED", f"more than {written} bytes", error.strerror)
    return written


def train(lab):
    total = 0
    for index in range(20):
        number = os.open(f"/scratch/{index}", os.O_CREAT | os.O_RDWR)
        os.remove(f"/scratch/{index}")
        total += fill(number)
    number = os.open("/scratch", os.O_TMPFILE | os.O_RDWR)
    total += fill(number)
    for folder in ("/dev", "/", "/tmp", "/usr/share", "/root", "/proc/self"):
        try:
            place = os.open(f"{folder}/space", os.O_CREAT | os.O_WRONLY)
        except OSError as error:
            print("REFUSED", f"write in {folder}", error.strerror)
            continue
        print("DONE", f"write in {folder}", fill(place))
    print("DONE" if total > MOST else "REFUSED", f"more than was given: {total} bytes")
    model = torch.nn.Linear(4, 3)
    lab.epoch(model)
    return model
