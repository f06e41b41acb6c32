# Empty files take no space, so no limit on space stops them. Make them until something else does.
import os

import torch

MOST = 5000


def made(make):
    count = 0
    try:
        while count < 200_000:
            make(count)
            count += 1
    except OSError as error:
        print("REFUSED", f"more than {count}", error.strerror)
    return count


def train(lab):
    os.mkdir("files")
    ways = {
        "files": lambda n: os.close(os.open(f"files/{n}", os.O_CREAT | os.O_WRONLY)),
        "folders": lambda n: os.mkdir(f"files/folder{n}"),
        "symbolic links": lambda n: os.symlink("/", f"files/link{n}"),
        "hard links": lambda n: os.link("submission.py", f"files/hard{n}"),
    }
    for what, make in ways.items():
        count = made(make)
        print("DONE" if count > MOST else "REFUSED", f"{count} {what}")
        for name in os.listdir("files"):
            path = os.path.join("files", name)
            os.rmdir(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)
    # And leave it full: the harness has to get along.
    made(ways["files"])
    model = torch.nn.Linear(4, 3)
    lab.epoch(model)
    return model
