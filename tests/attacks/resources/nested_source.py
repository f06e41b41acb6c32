1  # (Preceded by a quarter of a million signs.) A source that no parser and no compiler gets through.


def train(lab):
    return None
