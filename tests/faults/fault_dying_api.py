"""The api process with one trap: where the file named first holds "committed" or "answered", it kills itself there, once.

committed: submission, run and outbox row are stored, and nobody has been told. answered: the student has been told, and
the doorbell is not sent.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from api import __main__
from api.routes import submissions

TRAP = Path(sys.argv.pop(1))


def trapped(function, place):
    def called(*arguments, **keywords):
        if place == "answered":
            _die_at(place)
        done = function(*arguments, **keywords)
        if place == "committed":
            _die_at(place)
        return done

    return called


def _die_at(place):
    if TRAP.exists() and TRAP.read_text() == place:
        TRAP.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


submissions.hand_in = trapped(submissions.hand_in, "committed")
submissions.announce = trapped(submissions.announce, "answered")
__main__.main()
