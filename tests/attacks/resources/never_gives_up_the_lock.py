# One step of the interpreter that takes years, so that no Python code of anybody's runs beside it.
import re


def train(lab):
    try:
        re.match(r"(a|a)*$", "a" * 64 + "b")
    finally:
        9**9**9
