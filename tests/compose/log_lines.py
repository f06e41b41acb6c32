"""What a person reads while containers come and go."""

from __future__ import annotations

import time


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)
