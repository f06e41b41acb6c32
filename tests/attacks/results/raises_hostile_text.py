# Text that acts on whoever reads it, by way of an exception: its name, its text, its notes, the line of source that the traceback shows.
ESC = "\x1b"
SCRIPT = "<script>alert(1)</script>"


def train(lab):
    kind = type(f"{SCRIPT}{ESC}[2J", (Exception,), {})
    error = kind(f"{SCRIPT}\x00{ESC}]0;owned\x07\ud800\u202e" + "{exception} {0.__class__} %s" + "\x9b31m" * 100)  # <b>bold</b>
    raise error from kind("y" * 10**6)
