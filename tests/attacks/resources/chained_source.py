1  # (Preceded by a quarter of a million terms.) A sum so long that its tree is as deep.


def train(lab):
    return None
