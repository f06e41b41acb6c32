"""What a criterion measured and asked, ready to read beside its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from graders.report import CriterionResult


def measured_and_asked(result: CriterionResult) -> tuple[str, str]:
    """Ready to read; both empty where the sentences say it all, and where nothing was measured."""
    show = _SHOWN.get(result.grader)
    try:
        return show(result.measured) if show and result.measured else ("", "")
    except KeyError:
        # Measured only in part: a criterion that could not be judged.
        return "", ""


def _accuracy(found: dict[str, Any]) -> tuple[str, str]:
    return _per_cent(found["measured"]), f"≥ {_per_cent(found['asked'])}"


def _gap(found: dict[str, Any]) -> tuple[str, str]:
    text = _nats if found.get("measure") == "loss" else _per_cent
    return text(found["gap"]), f"≤ {text(found['limit'])}"


def _learning_curve(found: dict[str, Any]) -> tuple[str, str]:
    if "limit" in found:
        return _per_cent(found["regret"]), f"≤ {_per_cent(found['limit'])}"
    return f"{found['epochs']} epochs", f"≥ {found['asked']} epochs" if "asked" in found else ""


def _stability(found: dict[str, Any]) -> tuple[str, str]:
    return f"± {_per_cent(found['sd'])}", f"≤ {_per_cent(found['limit'])}"


def _architecture(found: dict[str, Any]) -> tuple[str, str]:
    return _words(found.get("found")), _words(found.get("expected"))


def _framework(found: dict[str, Any]) -> tuple[str, str]:
    return _words(found.get("framework")), ", ".join(map(str, found.get("allowed") or ()))


_SHOWN: Final[dict[str, Callable[[dict[str, Any]], tuple[str, str]]]] = {
    "accuracy": _accuracy,
    "generalization_gap": _gap,
    "learning_curve": _learning_curve,
    "stability": _stability,
    "architecture": _architecture,
    "framework": _framework,
}


def _per_cent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _nats(loss: float) -> str:
    return f"{loss:.3g}"


def _words(value: Any) -> str:
    return "" if value is None else str(value).replace("_", " ")
