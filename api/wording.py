r"""Numbers, plurals and moments as a language writes them, and sentences with such values put in.

A field's format names what the value is:

| field | English | Romanian |
| --- | --- | --- |
| `{n}` | 1,234.5 | 1.234,5 |
| `{n:share}` | 93.3 % | 93,3 % |
| `{n:step}` | 4.2 percentage points | 4,2 puncte procentuale |
| `{n:points}` | 7.5 | 7,5 |
| `{n:number}` | three significant digits | |
| `{n:size}`, `{n:duration}` | 256 MiB, 90 s | |
| `{n:day}` | 25 Nov 2026, 09:04 | 25 nov. 2026, 09:04 |
| `{text:clause}` | somebody else's sentence, which goes on in ours | |
| `{n:student\|students}` | the form that the number asks for | `{n:student\|studenți\|de studenți}` |

Plural forms stand in the order of the categories in `PLURALS`, those of the Unicode CLDR.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal

if TYPE_CHECKING:
    from api.language import Language

PLURALS: Final[dict[Language, tuple[str, ...]]] = {"en": ("one", "other"), "ro": ("one", "few", "other")}
UNKNOWN: Final = "?"
NOTHING: Final = "–"
_MIB: Final = 1024 * 1024
# What nobody counts: only a broken or hostile run tells of so many.
_BEYOND_FIGURES: Final = 1e15


@cache
def locale(language: Language) -> Locale:
    return Locale.parse(language)


def plural(language: Language, count: float, forms: Sequence[str]) -> str:
    """The one of `forms` that the number asks for.

    >>> [plural("ro", n, ("zi", "zile", "de zile")) for n in (1, 2, 19, 20, 101, 2.5)]
    ['zi', 'zile', 'zile', 'de zile', 'zile', 'zile']
    >>> plural("en", 2, ("day", "days"))
    'days'
    """
    return forms[PLURALS[language].index(locale(language).plural_form(count))]


def decimal(language: Language, value: float, digits: int) -> str:
    """At most so many digits after the sign, none of them idle.

    >>> decimal("ro", 1234.5, 2)
    '1.234,5'
    """
    if abs(value) >= _BEYOND_FIGURES:
        return f"{value:.3g}"
    return format_decimal(value, "#,##0." + "#" * digits if digits else "#,##0", locale=locale(language))


def fixed(language: Language, value: float, digits: int) -> str:
    """With so many digits after the sign.

    >>> fixed("ro", 4, 1)
    '4,0'
    """
    if abs(value) < 1000:
        # The same, forty times as fast: a chart has two of these for each of a thousand students.
        return _comma(language, f"{value:.{digits}f}")
    if abs(value) >= _BEYOND_FIGURES:
        return f"{value:.3g}"
    return format_decimal(value, "#,##0." + "0" * digits, locale=locale(language))


def number(language: Language, value: float) -> str:
    """Three significant digits: of losses, bends, probabilities.

    >>> number("ro", 0.04213), number("en", 3e-7), number("en", 1500.0)
    ('0,0421', '3e-07', '1,500')
    """
    if value and not 1e-4 <= abs(value) < 1e6:
        return _comma(language, f"{value:.3g}")
    if abs(value) >= 100 or isinstance(value, int):
        return decimal(language, value, 0)
    return _comma(language, f"{value:.3g}")


def share(language: Language, value: float) -> str:
    return f"{fixed(language, 100 * value, 1)} %"


def signed_number(language: Language, value: float) -> str:
    return f"{'+' if value >= 0 else '−'}{number(language, abs(value))}"


def signed_share(language: Language, value: float) -> str:
    return f"{'+' if value >= 0 else '−'}{share(language, abs(value))}"


def step(language: Language, value: float) -> str:
    text = fixed(language, 100 * value, 1)
    return f"{text} percentage points" if language == "en" else f"{text} puncte procentuale"


def points(language: Language, value: float) -> str:
    """At most two digits after the sign.

    >>> points("ro", 7.5), points("en", 40.0)
    ('7,5', '40')
    """
    return decimal(language, value, 2)


def size(_language: Language, value: float) -> str:
    if value <= 0:
        return UNKNOWN
    unit, name = (_MIB, "MiB") if value >= _MIB else (1024, "KiB")
    return f"{value / unit:.0f} {name}"


def duration(language: Language, value: float) -> str:
    return f"{_comma(language, f'{value:g}')} s"


def day(language: Language, seconds: float) -> str:
    return _moment(language, seconds, "d MMM y, HH:mm")


def short_day(language: Language, seconds: float) -> str:
    return _moment(language, seconds, "d MMM, HH:mm")


def clock(language: Language, seconds: float) -> str:
    return _moment(language, seconds, "HH:mm")


def plain(language: Language, value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return decimal(language, value, 0)
    if isinstance(value, float):
        return number(language, value) if math.isfinite(value) else str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(plain(language, item) for item in value)
    return str(value)


class Wording(string.Formatter):
    """Puts values into sentences. Missing or odd ones become `?` or their plain text: it never raises."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def get_value(self, key: int | str, _args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), UNKNOWN)

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "clause":
            return str(value).rstrip(". \n")
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if is_number and "|" in format_spec:
            return plural(self.language, value, format_spec.split("|"))
        form = FORMATS.get(format_spec)
        return form(self.language, value) if form and is_number else plain(self.language, value)


FORMATS: Final[dict[str, Callable[[Language, float], str]]] = {
    "number": number,
    "share": share,
    "step": step,
    "points": points,
    "size": size,
    "duration": duration,
    "day": day,
    "short_day": short_day,
    "clock": clock,
}


def _comma(language: Language, text: str) -> str:
    return text.replace(".", ",") if language == "ro" else text


def _moment(language: Language, seconds: float, pattern: str) -> str:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        # No calendar goes that far.
        return UNKNOWN
    return format_datetime(moment, pattern, locale=locale(language))
