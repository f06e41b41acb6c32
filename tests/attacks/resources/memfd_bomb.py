# Memory behind descriptors, which no limit on address space sees; then the same in the shared-memory folder.
import os


def train(lab):
    kept = []
    try:
        while True:
            kept.append(os.memfd_create("bomb"))
            os.write(kept[-1], bytes(8 * 1024 * 1024))
    except OSError as error:
        print("REFUSED memfd", len(kept), error)
    for number in range(10_000):
        with open(f"/dev/shm/{number}", "wb") as stream:
            stream.write(bytes(1024 * 1024))
