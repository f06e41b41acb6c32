"""The api process with one trap: where the file named first holds the name of a place, it kills itself there, once.

arrived: the request is read, and nothing is stored. committed: submission, run and outbox row are stored, and nobody has been told. answered: the student has been told, and
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


def trapped(function, *, before, after=None):
    def called(*arguments, **keywords):
        _die_at(before)
        done = function(*arguments, **keywords)
        _die_at(after)
        return done

    return called


def _die_at(place):
    if TRAP.exists() and TRAP.read_text() == place:
        TRAP.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


submissions.hand_in = trapped(submissions.hand_in, before="arrived", after="committed")
submissions.announce = trapped(submissions.announce, before="answered")
__main__.main()
