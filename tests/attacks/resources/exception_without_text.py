# An error that raises errors when it is told.
class Silent(Exception):
    def __str__(self):
        raise SystemExit(0)

    __repr__ = __str__


def train(lab):
    raise Silent(Silent())
