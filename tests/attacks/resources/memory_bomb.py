# More memory than the machine has.
def train(lab):
    kept = []
    while True:
        kept.append(bytearray(16 * 1024 * 1024))
