"""What a criterion measured and asked, ready to read beside its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.wording import number, plural, share

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.language import Language
    from graders.report import CriterionResult


def measured_and_asked(result: CriterionResult, language: Language = "en") -> tuple[str, str]:
    """Ready to read; both empty where the sentences say it all, and where nothing was measured."""
    show = _SHOWN.get(result.grader)
    try:
        return show(result.measured, language) if show and result.measured else ("", "")
    except KeyError:
        # Measured only in part: a criterion that could not be judged.
        return "", ""


def _accuracy(found: dict[str, Any], language: Language) -> tuple[str, str]:
    return share(language, found["measured"]), f"≥ {share(language, found['asked'])}"


def _gap(found: dict[str, Any], language: Language) -> tuple[str, str]:
    text = number if found.get("measure") == "loss" else share
    return text(language, found["gap"]), f"≤ {text(language, found['limit'])}"


def _learning_curve(found: dict[str, Any], language: Language) -> tuple[str, str]:
    if "limit" in found:
        return share(language, found["regret"]), f"≤ {share(language, found['limit'])}"
    asked = f"≥ {_epochs(found['asked'], language)}" if "asked" in found else ""
    return _epochs(found["epochs"], language), asked


def _stability(found: dict[str, Any], language: Language) -> tuple[str, str]:
    return f"± {share(language, found['sd'])}", f"≤ {share(language, found['limit'])}"


def _architecture(found: dict[str, Any], language: Language) -> tuple[str, str]:
    return _words(found.get("found"), language), _words(found.get("expected"), language)


def _framework(found: dict[str, Any], language: Language) -> tuple[str, str]:
    return _words(found.get("framework"), language), ", ".join(map(str, found.get("allowed") or ()))


_SHOWN: Final[dict[str, Callable[[dict[str, Any], Language], tuple[str, str]]]] = {
    "accuracy": _accuracy,
    "generalization_gap": _gap,
    "learning_curve": _learning_curve,
    "stability": _stability,
    "architecture": _architecture,
    "framework": _framework,
}
# What is measured in words, where it has another one than its own.
_NAMES: Final[dict[Language, dict[str, str]]] = {
    "en": {},
    "ro": {
        "single_layer": "un singur strat",
        "multi_layer": "mai multe straturi",
        "undecided": "nedecis",
        "unknown": "necunoscut",
    },
}


def _epochs(count: int, language: Language) -> str:
    forms = {"en": ("epoch", "epochs"), "ro": ("epocă", "epoci", "de epoci")}[language]
    return f"{count} {plural(language, count, forms)}"


def _words(value: Any, language: Language) -> str:
    return "" if value is None else _NAMES[language].get(str(value), str(value).replace("_", " "))
