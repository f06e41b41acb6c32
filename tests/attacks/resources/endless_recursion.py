# No limit to the depth: frames until memory ends.
import sys

sys.setrecursionlimit(2**31 - 1)


def deeper(depth):
    kept = [depth] * 100
    return deeper(depth + 1) + kept[0]


def train(lab):
    return deeper(0)
