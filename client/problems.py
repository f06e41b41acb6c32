"""Why a command ends early, as a sentence and an exit status. Never shown as a traceback."""

from __future__ import annotations

from typing import Final

OK: Final = 0
FAILED: Final = 1  # the submission ended without a grade: its code gave no model, or it was cancelled
USAGE: Final = 2  # what was asked cannot be done as it was asked
DENIED: Final = 3  # not logged in, or not allowed
UNREACHABLE: Final = 4  # nobody answers, or only with "not now"
ERRORED: Final = 5  # the service broke, and no student pays for it
NOT_YET: Final = 6  # it is still waiting or training
INTERRUPTED: Final = 130  # Ctrl-C, as shells count it

STATE_EXITS: Final[dict[str, int]] = {
    "graded": OK,
    "failed": FAILED,
    "cancelled": FAILED,
    "superseded": FAILED,
    "errored": ERRORED,
}


class StopError(Exception):
    """`code` is stable: the service's own where it refused, else one of ours."""

    def __init__(self, message: str, *, exit_status: int, code: str) -> None:
        super().__init__(message)
        self.message, self.exit_status, self.code = message, exit_status, code


def exit_status_of(state: str) -> int:
    return STATE_EXITS.get(state, NOT_YET)
