"""Codes of graders, of grades and of the submission contract -> sentences, in each language.

What may stand in a sentence's braces is told in `api.wording`. `code#value` is taken where one of the
parameters that `api.messages` names has that value: with `measure` "loss", the numbers are in nats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.sentences import en, ro

if TYPE_CHECKING:
    from api.language import Language

SENTENCES: Final[dict[Language, dict[str, str]]] = {"en": en.SENTENCES, "ro": ro.SENTENCES}
