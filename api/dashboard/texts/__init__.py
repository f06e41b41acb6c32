"""Every text of the pages, in each language.

A text's key is `area.name`; the area is the module that holds it, `en/<area>.py` and `ro/<area>.py`. In a
template: `{{ t("courses.students", count=12) }}`; in Python: `say(language, "courses.students", count=12)`.
What may stand in the braces of a text, plural forms among it, is told in `api.wording`. Between backticks
stands code. A new area is a module and one more line in `en/__init__.py` and
`ro/__init__.py`; tests compare the two, and look for keys that are missing or not used.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from api.dashboard.texts import en, ro
from api.wording import Wording

if TYPE_CHECKING:
    from api.language import Language

CATALOGS: Final[dict[Language, dict[str, str]]] = {"en": en.TEXTS, "ro": ro.TEXTS}


def say(language: Language, key: str, /, **parameters: Any) -> str:
    """As plain text."""
    return _WORDINGS[language].vformat(CATALOGS[language][key], (), parameters)


def say_html(language: Language, key: str, /, **parameters: Any) -> Markup:
    """Ready for a page: values are escaped, unless they are HTML of ours already."""
    return Markup(_HTML_WORDINGS[language].vformat(_as_html(language, key), (), parameters))  # noqa: S704


def named(language: Language, area: str, name: str) -> str:
    """A word of the service, such as a state, as people read it; one that has no text as it is."""
    return CATALOGS[language].get(f"{area}.{name}", name.replace("_", " "))


class _HtmlWording(Wording):
    """The text around the fields, plural forms among it, is HTML already; what is put in is made so."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if hasattr(value, "__html__"):
            return str(value.__html__())
        text = super().format_field(value, format_spec)
        return text if "|" in format_spec else str(escape(text))


@cache
def _as_html(language: Language, key: str) -> str:
    pieces = str(escape(CATALOGS[language][key])).split("`")
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))


_WORDINGS: Final[dict[Language, Wording]] = {code: Wording(code) for code in CATALOGS}
_HTML_WORDINGS: Final[dict[Language, Wording]] = {code: _HtmlWording(code) for code in CATALOGS}
