# Fail with an error that takes for ever to be told.
class Endless(Exception):
    def __str__(self):
        while True:
            pass


def train(lab):
    raise Endless
