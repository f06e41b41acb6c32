# A short file whose constants are large: whoever compiles it pays.
A = ((((1,) * 4000,) * 4000,) * 4000,) * 4000
B = -(2**60) ** 2 * 10**18
C = "a" * 4000 * 4000 * 4000
D = ("%1000000000s" % "x") + f"{0:>1000000000}"
E = 9**9**9


def train(lab):
    return None
