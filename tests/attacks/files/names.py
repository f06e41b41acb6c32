# Names that break whoever lists, logs or removes them: deep, long, not UTF-8, with escapes and line ends.
import os

import torch

NAMES = [b"\xff\xfe", b"\x1b]0;owned\x07", b"\x1b[2J\x1b[H", b"a\nb\r\nc", b"-rf", b"--", b" ", b"~", b"$(reboot)", b"`id`", b"%s%n%n", b"'; drop table runs; --",
         "\u202etxt.exe".encode(), b"<script>alert(1)<script>", b"x" * 255, "e\u0301".encode() * 80, b"\xed\xa0\x80", b"\xc0\xaf", b"..\\..\\x", b"CON", b"*", b"{}"]  # fmt: skip


def attempt(what, action):
    try:
        print("DONE", what, action())
    except (OSError, ValueError) as error:
        print("REFUSED", what, type(error).__name__, str(error)[:60].encode())


def train(lab):
    made = 0
    for name in NAMES:
        with open(os.path.join(b"/scratch", name), "wb") as out:
            out.write(name)
            made += 1
    print(made, "names made")
    for name in os.listdir(b"/scratch"):
        print(name.decode("utf-8", "surrogateescape").encode("utf-8", "replace"), os.fsdecode(name))
    attempt("a name that is too long", lambda: open(b"/scratch/" + b"x" * 256, "wb"))
    attempt("a name with a zero", lambda: open(b"/scratch/a\0b", "wb"))
    attempt("a path that is too long", lambda: open(b"/scratch/" + b"x/" * 2100, "wb"))
    depth = 0
    try:
        while depth < 3000:
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
            depth += 1
    except OSError as error:
        print("REFUSED", "go deeper", error.strerror)
    print(depth, "folders deep,", depth * 201, "characters")
    attempt("say where", lambda: os.readlink("/proc/self/cwd"))
    os.chdir("/scratch")
    return torch.nn.Linear(4, 3)
