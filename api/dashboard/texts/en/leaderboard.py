"""The board of an assignment."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "leaderboard.title": "Leaderboard",
    "leaderboard.rank": "Rank",
    "leaderboard.error": "Error",
    "leaderboard.you": "you",
    "leaderboard.own": "You are at place {rank}, with an error of {error:share}.",
    "leaderboard.somebody": "somebody",
    "leaderboard.empty": "Nobody is on it yet.",
    "leaderboard.about_public": "By the error on rows that nobody is shown. It moves only when a result is "
    "better by more than chance, so that handing in again and again does not climb.",
    "leaderboard.about_final": "By the error on the test part, of the submission that counts.",
}
