"""Sentences that are still to be said, in whatever language their reader turns out to speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api.dashboard.texts import CATALOGS, say
from api.dashboard.words import duration
from api.messages import render_code
from api.sentences import SENTENCES
from graders.sentence import Sentence

if TYPE_CHECKING:
    from api.language import Language


@dataclass(frozen=True)
class Told:
    """By its key in `api.sentences`, or among the texts of the pages.

    Among `values` may be other sentences, and lists of them.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def said(self, language: Language) -> str:
        values = {name: said(value, language) for name, value in self.values.items()}
        if self.key not in SENTENCES[language] and self.key in CATALOGS[language]:
            return say(language, self.key, **values)
        return render_code(self.key, values, language)


@dataclass(frozen=True)
class Span:
    """Of time, coarse, for a glance: 5 min, 3 h."""

    seconds: float

    def said(self, language: Language) -> str:
        return duration(language, self.seconds)


def said(value: Any, language: Language) -> Any:
    """As it is, unless it is to be said, or holds what is."""
    if isinstance(value, Told | Span):
        return value.said(language)
    if isinstance(value, Sentence):
        return Told(f"fault.{value.code}", value.parameters).said(language)
    if isinstance(value, list | tuple) and any(isinstance(item, Told | Sentence) for item in value):
        return "; ".join(str(said(item, language)) for item in value)
    if isinstance(value, Mapping):
        return {name: said(item, language) for name, item in value.items()}
    return value


def told_of_pydantic(error: Mapping[str, Any]) -> Told:
    """One of pydantic's errors, or of those that our schemas raise as such, in our words."""
    kind, values = str(error["type"]), dict(error.get("ctx") or {})
    if "expected" in values:
        # 'a', 'b' or 'c': the words of a list are the only English in it.
        values["expected"] = str(values["expected"]).replace(" or ", ", ")
    key = f"fault.{kind}"
    if key not in SENTENCES["en"]:
        return Told("fault.other", {"kind": kind})
    return Told(key, values)
