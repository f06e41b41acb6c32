"""One sentence for each criterion of an assignment: what is asked, and for how many points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from api.starters.words import FRAMEWORK_TITLES
from graders.registry import GRADERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.language import Language
    from graders.spec import CriterionSpec

TITLES: Final[dict[str, dict[Language, str]]] = {
    "iris-single-layer": {"en": "Iris, single-layer network", "ro": "Iris, rețea cu un singur strat"},
    "iris-multi-layer": {"en": "Iris, multi-layer network", "ro": "Iris, rețea cu mai multe straturi"},
    "mnist-single-layer": {"en": "MNIST, single-layer network", "ro": "MNIST, rețea cu un singur strat"},
    "mnist-multi-layer": {"en": "MNIST, multi-layer network", "ro": "MNIST, rețea cu mai multe straturi"},
}

# Language -> name -> text. Thresholds are put in as they stand in the specification.
WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "asked": "What is asked",
        "grade": "How the grade is made",
        "frameworks": "You may work in low-level PyTorch, PyTorch Lightning, low-level TensorFlow or "
        "Keras: the report is made in the same way for all of them.",
        "repeats": "Few rows say little, so your code is trained {repeats}, each time with other "
        "rows and another seed, and the answers are counted together.",
        "head": "**{name}** ({points}): ",
        "after_due": " Shown after the due date.",
        "train": "training",
        "validation": "validation",
        "test": "test",
        "accuracy": "the right class on at least {full} of the {part} rows; at {zero} or less there are no "
        "points.",
        "generalization_gap": "a validation error at most {full} above the training error; from {zero} "
        "on there are no points, nor for a model that has learnt nothing.",
        "single_layer": "a network of one fully connected layer.",
        "multi_layer": "a network with at least one hidden layer and an activation after it.",
        "units": " Its widest hidden layer has at least {units}.",
        "framework": "a model built in one of {allowed}.",
        "learning_curve": "at least {epochs}.",
        "regret": " The validation error ends at most {regret} above its least value.",
        "stability": "an error on the {part} rows that spreads by at most {sd} (standard deviation) "
        "over the repeats.",
        "seconds": "a training of at most {seconds} s.",
        "parameters": "a model of at most {parameters}.",
        "per_cent": "{count} %",
        "nats": "{count} (cross-entropy)",
        "points": "{count} point|{count} points|{count} points",
        "step": "{count} percentage point|{count} percentage points|{count} percentage points",
        "times": "once|{count} times|{count} times",
        "epochs": "{count} recorded epoch|{count} recorded epochs|{count} recorded epochs",
        "hidden_units": "{count} unit|{count} units|{count} units",
        "model_parameters": "{count} parameter|{count} parameters|{count} parameters",
    },
    "ro": {
        "asked": "Ce se cere",
        "grade": "Cum se face nota",
        "frameworks": "Poți lucra în PyTorch de nivel scăzut, PyTorch Lightning, TensorFlow de nivel "
        "scăzut sau Keras: raportul se face la fel pentru toate.",
        "repeats": "Rândurile puține spun puțin, așa că codul tău este antrenat {repeats}, de "
        "fiecare dată cu alte rânduri și altă sămânță, iar răspunsurile se numără împreună.",
        "head": "**{name}** ({points}): ",
        "after_due": " Se arată după termenul de predare.",
        "train": "antrenare",
        "validation": "validare",
        "test": "test",
        "accuracy": "clasa corectă pe cel puțin {full} din rândurile de {part}; la {zero} sau mai puțin "
        "nu se dau puncte.",
        "generalization_gap": "o eroare de validare cu cel mult {full} peste eroarea de antrenare; de "
        "la {zero} în sus nu se dau puncte, și nici pentru un model care nu a învățat nimic.",
        "single_layer": "o rețea cu un singur strat complet conectat.",
        "multi_layer": "o rețea cu cel puțin un strat ascuns și o funcție de activare după el.",
        "units": " Cel mai lat strat ascuns are cel puțin {units}.",
        "framework": "un model construit în unul dintre: {allowed}.",
        "learning_curve": "cel puțin {epochs}.",
        "regret": " Eroarea de validare se încheie cu cel mult {regret} peste valoarea ei minimă.",
        "stability": "o eroare pe rândurile de {part} care variază cu cel mult {sd} (abatere standard) "
        "de la o repetare la alta.",
        "seconds": "o antrenare de cel mult {seconds} s.",
        "parameters": "un model cu cel mult {parameters}.",
        "per_cent": "{count} %",
        "nats": "{count} (entropie încrucișată)",
        "points": "{count} punct|{count} puncte|{count} de puncte",
        "step": "{count} punct procentual|{count} puncte procentuale|{count} de puncte procentuale",
        "times": "o dată|de {count} ori|de {count} de ori",
        "epochs": "o epocă înregistrată|{count} epoci înregistrate|{count} de epoci înregistrate",
        "hidden_units": "{count} unitate|{count} unități|{count} de unități",
        "model_parameters": "{count} parametru|{count} parametri|{count} de parametri",
    },
}


def criterion_sentence(criterion: CriterionSpec, language: Language) -> str:
    words = WORDS[language]
    points = counted(language, "points", criterion.points)
    head = words["head"].format(name=criterion.id.replace("_", " "), points=points)
    hidden = words["after_due"] if criterion.visibility == "after_due" else ""
    try:
        parameters = GRADERS[criterion.grader].parameters.model_validate(criterion.parameters)
        asked = _ASKED[criterion.grader](parameters, language)
    except (KeyError, ValidationError):
        # Stored before its grader asked for something else: the rest of the text is still worth reading.
        asked = ""
    return f"{head}{asked}{hidden}".strip()


def counted(language: Language, name: str, count: float) -> str:
    """`count` of something, in the form that its number asks for.

    Romanian has three: one, a few, and from 20 on with `de` (Unicode CLDR, plural rules of ro).

    >>> [counted("ro", "points", n) for n in (1, 19, 20, 101, 120, 2.5)]
    ['1 punct', '19 puncte', '20 de puncte', '101 puncte', '120 de puncte', '2,5 puncte']
    """
    one, few, many = WORDS[language][name].split("|")
    if count == 1:
        form = one
    elif count != int(count) or count == 0 or 1 <= count % 100 <= 19:
        form = few
    else:
        form = many
    return form.format(count=_number(language, count))


def _number(language: Language, value: float) -> str:
    text = f"{value:.4g}" if value < 1000 else f"{value:.0f}"
    return text.replace(".", ",") if language == "ro" else text


def _share(language: Language, value: float) -> str:
    return WORDS[language]["per_cent"].format(count=_number(language, 100 * value))


def _step(language: Language, value: float) -> str:
    return counted(language, "step", round(100 * value, 6))


def _accuracy(asked: Any, language: Language) -> str:
    words = WORDS[language]
    full, zero = _share(language, asked.full_at), _share(language, asked.zero_at)
    return words["accuracy"].format(full=full, zero=zero, part=words[asked.part])


def _gap(asked: Any, language: Language) -> str:
    words, limits = WORDS[language], (asked.full_at_most, asked.zero_at_least)
    if asked.measure == "loss":
        full, zero = (words["nats"].format(count=_number(language, value)) for value in limits)
    else:
        full, zero = (_step(language, value) for value in limits)
    return words["generalization_gap"].format(full=full, zero=zero)


def _architecture(asked: Any, language: Language) -> str:
    words = WORDS[language]
    if asked.min_hidden_units is None:
        return words[asked.expected]
    units = counted(language, "hidden_units", asked.min_hidden_units)
    return words[asked.expected] + words["units"].format(units=units)


def _framework(asked: Any, language: Language) -> str:
    allowed = ", ".join(FRAMEWORK_TITLES[name] for name in asked.allowed)
    return WORDS[language]["framework"].format(allowed=allowed)


def _learning_curve(asked: Any, language: Language) -> str:
    words = WORDS[language]
    epochs = words["learning_curve"].format(epochs=counted(language, "epochs", asked.min_epochs))
    if asked.max_regret is None:
        return epochs
    return epochs + words["regret"].format(regret=_step(language, asked.max_regret))


def _stability(asked: Any, language: Language) -> str:
    words = WORDS[language]
    return words["stability"].format(part=words[asked.part], sd=_step(language, asked.max_sd))


def _resources(asked: Any, language: Language) -> str:
    words, limits = WORDS[language], []
    if asked.max_seconds is not None:
        limits.append(words["seconds"].format(seconds=_number(language, asked.max_seconds)))
    if asked.max_parameters is not None:
        parameters = counted(language, "model_parameters", asked.max_parameters)
        limits.append(words["parameters"].format(parameters=parameters))
    return " ".join(limits)


_ASKED: Final[dict[str, Callable[[Any, Language], str]]] = {
    "accuracy": _accuracy,
    "generalization_gap": _gap,
    "architecture": _architecture,
    "framework": _framework,
    "learning_curve": _learning_curve,
    "stability": _stability,
    "resources": _resources,
}
