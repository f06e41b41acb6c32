"""Codes with parameters, as graders and runs tell them -> sentences in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.sentences import SENTENCES
from api.wording import Wording, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.language import Language
    from graders.report import Failure, Message

_VARIANTS: Final = ("measure", "rule", "phase", "when")
# Words of the service among the parameters.
_NAMED: Final = ("part", "kind", "state", "role", "counting")
_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {},
    "ro": {
        "train": "antrenare", "validation": "validare", "permuted": "permutate", "shuffled": "amestecate",
        "queued": "la rând", "claimed": "preluată", "training": "în antrenare", "evaluating": "în evaluare",
        "graded": "notată", "failed": "fără model", "errored": "oprită de o defecțiune a noastră",
        "cancelled": "anulată", "superseded": "înlocuită de o predare mai nouă",
        "grader": "asistent", "instructor": "profesor", "admin": "administrator",
        "best": "cea mai bună", "last": "ultima", "chosen": "cea aleasă",
    },
}
_WORDINGS: Final[dict[Language, Wording]] = {language: Wording(language) for language in SENTENCES}


def render(message: Message, language: Language) -> str:
    """One sentence or more. Never raises: a reader gets an incomplete sentence rather than an error page."""
    return render_code(message.code, message.parameters, language)


def render_failure(failure: Failure, language: Language) -> str:
    return render_code(failure.code, failure.parameters, language)


def render_code(code: str, parameters: Mapping[str, Any], language: Language) -> str:
    catalog = SENTENCES[language]
    template = catalog.get(code)
    for name in _VARIANTS:
        template = catalog.get(f"{code}#{parameters.get(name)}", template)
    if template is None:
        told = ", ".join(f"{name}: {plain(language, value)}" for name, value in parameters.items())
        return f"{code} ({told})" if told else code
    words = {
        name: _WORDS[language].get(value, value)
        for name, value in parameters.items()
        if name in _NAMED and isinstance(value, str)
    }
    return _WORDINGS[language].vformat(template, (), {**parameters, **words})
