"""What the command line says, in the reader's language: LABMARK_LANG, or that of the terminal."""

from __future__ import annotations

import os
from typing import Any, Final

from client.english import ENGLISH
from client.english_check import ENGLISH_CHECK
from client.romanian import ROMANIAN
from client.romanian_check import ROMANIAN_CHECK

CATALOGS: Final[dict[str, dict[str, str]]] = {
    "en": {**ENGLISH, **ENGLISH_CHECK},
    "ro": {**ROMANIAN, **ROMANIAN_CHECK},
}
_VARIABLES: Final = ("LABMARK_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def language() -> str:
    """The first of these variables that is set decides, as for other programs; English for all we lack."""
    wanted = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), "")
    code = wanted.lower().replace("-", "_").partition("_")[0].partition(".")[0]
    return code if code in CATALOGS else "en"


def say(name: str, /, **values: Any) -> str:
    return CATALOGS[language()][name].format(**values)


def counted(name: str, count: int) -> str:
    """`one|few|many` of the catalog, by the plural rules of the Unicode CLDR; English has no `many`."""
    one, few, many = CATALOGS[language()][name].split("|")
    if count == 1:
        return one.format(count=count)
    form = few if count == 0 or 1 <= count % 100 <= 19 else many
    return form.format(count=count)


def named(kind: str, name: str) -> str:
    """A word of the service, such as a state, as people read it; an unknown one as it is."""
    return CATALOGS[language()].get(f"{kind}.{name}", name.replace("_", " "))


def number(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if language() == "ro" else text


def per_cent(share: float) -> str:
    return f"{number(100 * share, 1)} %"


def points(value: float) -> str:
    return number(value, 2).rstrip("0").rstrip(".,")
