"""Codes of graders and of the submission contract -> English sentences.

A field's format names what the number is: `share` of rows as per cent, `step` as percentage points,
`size` bytes, `duration` seconds, `points` with at most two decimals.
`code#value` is taken where one of `_VARIANTS` has that value: with `measure` "loss", the numbers are in nats.
"""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from api.messages_grade import GRADE_MESSAGES

if TYPE_CHECKING:
    from graders.report import Failure, Message

ENGLISH: dict[str, str] = {
    "accuracy.reached": "Accuracy on the {part} part is {measured:share}; {asked:share} was asked. Well "
    "done.",
    "accuracy.partial": "Accuracy on the {part} part is {measured:share}; all points need {asked:share}. "
    "You are on the way: a longer training or a better learning rate may close the distance.",
    "accuracy.too_low": "Accuracy on the {part} part is {measured:share}; {asked:share} was asked. Look at "
    "the learning curve first: it tells whether training or generalisation is what to improve.",
    "accuracy.threshold_inside_interval": "The {part} part has {n} rows, so the true accuracy lies between "
    "{low:share} and {high:share} (95 %). The {threshold:share} asked is inside: chance can decide "
    "this one.",
    "accuracy.no_evidence": "There are no predictions on the {part} part, so accuracy was not judged.",
    "gap.small": "The validation error is {gap:step} above the training error; at most {limit:step} was "
    "asked. Your model generalises.",
    "gap.partial": "The validation error is {gap:step} above the training error; all points need at most "
    "{limit:step}. Regularisation, or stopping earlier, narrows it.",
    "gap.too_large": "The validation error is {gap:step} above the training error; at most {limit:step} "
    "was asked. The model has learnt its training rows better than their pattern: try a simpler model, "
    "regularisation, or stopping earlier.",
    "gap.threshold_inside_interval": "The true gap lies between {low:step} and {high:step} (95 %). The "
    "limit of {threshold:step} is inside: chance can decide this one.",
    "gap.small#loss": "The validation loss is {gap:number} above the training loss; at most {limit:number} "
    "was asked. Your model generalises.",
    "gap.partial#loss": "The validation loss is {gap:number} above the training loss; all points need at "
    "most {limit:number}. Regularisation, or stopping earlier, narrows it.",
    "gap.too_large#loss": "The validation loss is {gap:number} above the training loss; at most "
    "{limit:number} was asked. Try a simpler model, regularisation, or stopping earlier.",
    "gap.threshold_inside_interval#loss": "The true difference in loss lies between {low:number} and "
    "{high:number} (95 %). The limit of {threshold:number} is inside: chance can decide this one.",
    "gap.no_evidence": "Predictions on the training or the validation part are missing, or came without "
    "scores, so the gap was not judged.",
    "gap.nothing_learnt": "The training error is {training_error:share}; a gap is worth points only of a "
    "model that has learnt something, at most {learnt_at:share}. Get the training error down first.",
    "learning_curve.recorded": "The learning curve has {epochs} recorded epochs, its best is epoch "
    "{best_epoch}.",
    "learning_curve.not_recorded": "No learning curve was recorded, and at least {asked} epochs were "
    "asked. Call `lab.epoch(model)` at the end of each epoch of your own loop; Keras `fit` and "
    "Lightning's `Trainer.fit` record by themselves.",
    "learning_curve.too_short": "The learning curve has {epochs} recorded epochs; at least {asked} were "
    "asked. Call `lab.epoch(model)` at the end of each epoch.",
    "learning_curve.ends_well": "The validation error ends {regret:step} above its least value (epoch "
    "{best_epoch}); at most {limit:step} was asked.",
    "learning_curve.ends_worse": "The validation error ends {regret:step} above its least value, that of "
    "epoch {best_epoch}; at most {limit:step} was asked. Stop there, or keep a copy of the model from "
    "there.",
    "learning_curve.threshold_inside_interval": "What was lost since the best epoch lies between "
    "{low:step} and {high:step} (95 %). The limit of {limit:step} is inside: chance can decide this one.",
    "stability.steady": "Over {repeats} repeats the error on the {part} part spreads by {sd:step} "
    "(standard deviation); at most {limit:step} was asked.",
    "stability.unsteady": "Over {repeats} repeats the error on the {part} part spreads by {sd:step} "
    "(standard deviation), from {least:share} to {most:share}; at most {limit:step} was asked, and so "
    "few rows alone explain {by_chance:step}. A smaller learning rate or more regularisation makes a "
    "training depend less on its seed.",
    "stability.chance_explains": "Over {repeats} repeats the error on the {part} part spreads by "
    "{sd:step}, above the {limit:step} asked, but rows as few as these spread by {by_chance:step} for "
    "any model: not held against you.",
    "stability.one_repeat": "There was one repeat, so nothing can be said of the spread.",
    "stability.no_evidence": "There are no predictions on the {part} part, so the spread was not judged.",
    "resources.fast_enough": "Training and evaluation took {seconds:duration}; at most {limit:duration} was "
    "asked.",
    "resources.too_slow": "Training and evaluation took {seconds:duration}; at most {limit:duration} was "
    "asked. Train for fewer epochs, use larger batches, or a smaller model, and predict all rows at once.",
    "resources.small_enough": "The model says that it has {parameters} parameters; at most {limit} were "
    "asked.",
    "resources.too_large": "The model says that it has {parameters} parameters; at most {limit} were "
    "asked. Use fewer units or layers.",
    "resources.parameters_unknown": "The model does not say how many parameters it has, so its size was "
    "not judged. Return the model itself rather than a function.",
    "repeats.some_failed": "{failed} of {planned} repeats gave no model (the first was repeat {repeat}: "
    "{code}). The others are judged, and the points are scaled by their share. Other seeds and splits "
    "must not break your code.",
    "stopping.would_have_scored": "Had you kept the model of epoch {epoch}, with a validation accuracy "
    "of {validation_accuracy:share}, these criteria would have given about {points} of {max_points} "
    "points instead of {points_now}.",
    "integrity.ignores_labels": "Trained again on labels that were permuted between the classes, it "
    "still gave the original class on {original:share} of {rows} held-out rows, and the permuted one on "
    "{permuted:share} (guessing gives {chance:share}). An honest learner follows the labels it is given: "
    "look for embedded weights or a table of labels.",
    "integrity.learnt_from_shuffled": "Trained again on labels that were shuffled, it still gave the "
    "right class on {original:share} of {rows} held-out rows, where guessing gives {chance:share}. There "
    "was nothing to learn: look for embedded weights or a table of labels.",
    "integrity.control_failed": "The control run on {kind} labels gave no model ({code}), though the run "
    "itself did. Look whether the code checks what it is trained on.",
    "integrity.validation_and_test_disagree": "Accuracy is {validation:share} on validation and "
    "{test:share} on test rows; chance makes them differ so much with probability {p_value:number}. Look "
    "whether one of the two parts was known to the code.",
    "review.not_graded": "The criterion {criterion}, worth {points:points} points, could not be judged from "
    "what was measured. If the code does what was asked, give the points by an override.",
    "integrity.answers_vary": "Rows that were asked twice got different scores, apart by up to "
    "{difference:share} of their spread: chance is in the answers. Most often dropout was left on; noise can "
    "also be added to pass for a hidden layer.",
    "integrity.answers_vary#class_ids": "Of the rows that were asked twice, {difference:share} got another "
    "class the second time: chance is in the answers. Look what `predict` does.",
    "integrity.claims_contradicted": "The model declares a single layer of weights ({layers}), yet its "
    "scores bend ({bend:number}): something else than its layers makes them.",
    "architecture.multi_layer_as_declared": "Your model behaves like a multi-layer network, as asked, and "
    "declares several layers: its scores bend (bend {bend:number}). (Probabilities alone would have left a "
    "doubt; raw scores leave none.)",
    "architecture.units_enough": "Its widest hidden layer has {units} units, as the model says; at least "
    "{asked} were asked.",
    "architecture.units_too_few": "Its widest hidden layer has {units} units, as the model says; at least "
    "{asked} were asked. Widen it.",
    "architecture.units_unknown": "The model does not say how many units its layers have, so their number "
    "was not judged. Return the model itself rather than a function.",
    "architecture.single_layer": "Your model behaves like a single layer, as asked: its scores change in "
    "straight lines (bend {bend:number}).",
    "architecture.multi_layer": "Your model behaves like a multi-layer network, as asked: its scores bend "
    "(bend {bend:number}).",
    "architecture.not_single_layer": "A single layer was asked, but your model's scores bend (bend "
    "{bend:number}), as only a hidden layer with an activation makes them. Keep one linear layer and "
    "its output function.",
    "architecture.not_multi_layer": "Several layers were asked, but your model behaves like one (bend "
    "{bend:number}). Linear layers stacked without an activation between them amount to one: put ReLU, "
    "tanh or another activation after each hidden layer.",
    "architecture.undecided": "The scores do not tell one layer from several, so the architecture was not "
    "judged. Returning raw scores (logits) from `predict` makes it easier to see.",
    "architecture.answers_vary": "The same input gets different scores when it is asked twice (apart by up "
    "to {difference:share} of their spread), so the architecture was not judged. Remove randomness from "
    "`predict`; in PyTorch, call `model.eval()` there, which switches dropout off.",
    "architecture.no_scores": "`predict` gave class ids only. To judge the architecture, scores for each "
    "class are needed: return an array of shape (n, classes).",
    "architecture.constant_output": "Your model gives the same scores, or fully saturated ones, for every "
    "input, so its architecture was not judged. A smaller learning rate may keep its units alive.",
    "framework.allowed": "The model says that it was built with {framework}, which this assignment allows.",
    "framework.not_allowed": "The model says that it was built with {framework}; this assignment asks for "
    "one of: {allowed}.",
    "fit.underfitting": "Underfitting: the training error is {training:share}, above the {target:share} "
    "asked. The model does not yet fit even the rows that it was trained on.",
    "fit.overfitting": "Overfitting: the training error is {training:share}, the validation error "
    "{validation:share}. The gap of {gap:step} is above the limit of {limit:step}.",
    "fit.balanced": "Balanced: the training error is {training:share}, the validation error "
    "{validation:share}. The gap of {gap:step} is within the limit of {limit:step}.",
    "fit.inconclusive": "Not decided: the gap is {gap:step}, but with so few rows it may lie between "
    "{low:step} and {high:step}, on either side of the limit of {limit:step}.",
    "fit.underfitting#loss": "Underfitting: the training loss is {training:number}, above the "
    "{target:number} asked.",
    "fit.overfitting#loss": "Overfitting: the training loss is {training:number}, the validation loss "
    "{validation:number}. The gap of {gap:number} is above the limit of {limit:number}.",
    "fit.balanced#loss": "Balanced: the training loss is {training:number}, the validation loss "
    "{validation:number}. The gap of {gap:number} is within the limit of {limit:number}.",
    "fit.inconclusive#loss": "Not decided: the gap in loss is {gap:number}, but it may lie between "
    "{low:number} and {high:number}, on either side of the limit of {limit:number}.",
    "advice.stronger_model": "Try a stronger model: more units, or one more layer where the assignment "
    "allows it.",
    "advice.train_longer": "Try training longer, or with another learning rate.",
    "advice.more_data": "More training data helps most, where there is more: augmentation counts.",
    "advice.simpler_model": "Try a simpler model: fewer units or layers.",
    "advice.regularisation": "Try regularisation, such as dropout or weight decay.",
    "advice.stop_at_best_epoch": "Stop at epoch {epoch}, or keep a copy of the model from there: its "
    "validation error was {validation_error:share}, and {last_validation_error:share} at the end.",
    "run.failed": "Not judged on its merits: your code gave no model ({code}). What happened is told above.",
    "syntax_error": "Python cannot read the file: {message}. Run it once on your machine, then send it "
    "again.",
    "no_train_function": "The file defines no function `train(lab)`. Put your training in one and return "
    "the model.",
    "import_failed": "An import did not work: {message}. PyTorch, Lightning, TensorFlow, Keras, numpy and "
    "scikit-learn are there; files of your own are not, so put everything into the one file.",
    "raised": "Your code raised {exception}: {message:clause}. The traceback shows where.",
    "raised#evaluating": "Your model raised {exception} when it was asked to predict the rows that it is "
    "judged on. What it said is not shown: it could carry those rows out. Before, it had predicted rows of "
    "`lab.train_x`; look for what depends on the number of rows (up to 8192 come at once) or on single "
    "values.",
    "wrong_prediction_shape#evaluating": "On the rows that it is judged on, the predictions were not one row "
    "for each input with one score for each class. Look for what depends on the number of rows: up to 8192 "
    "come at once.",
    "raised#network": "Your code raised {exception}: {message:clause}. Submissions have no network: the "
    "data is in `lab.train_x` and `lab.train_y`, the packages are installed.",
    "raised#programs": "Your code raised {exception}: {message:clause}. Submissions cannot start other "
    "programs; Python's own processes and threads work.",
    "raised#files": "Your code raised {exception}: {message:clause}. Submissions may write files in their "
    "working folder only, and read Python's packages only.",
    "hidden_data": "`{function}` looks for a copy of a data set with all its labels; there is none in the "
    "sandbox. Train on `lab.train_x` and `lab.train_y`, the part of the data that is yours.",
    "wrong_prediction_shape": "The predictions were {got}; {expected} was asked. Return one row for each "
    "input, with one score for each class.",
    "predictions_not_finite": "Rows with predictions that are not numbers (NaN or infinite): {bad_rows}. A "
    "smaller learning rate, scaled inputs, or a log of something above zero usually cures it.",
    "no_model_returned": "`train` returned {got}, which cannot predict. End it with `return model`, or "
    "define `predict(model, x)`.",
    "out_of_memory": "The run needed more than its {limit_bytes:size} of memory (most seen: "
    "{peak_bytes:size}). Try smaller batches or a smaller model.",
    "time_limit": "The run was stopped at its limit of {limit_s:duration}. Make each step cheaper, or do "
    "fewer.",
    "time_limit#training": "Training was stopped at its limit of {limit_s:duration}, after {epochs} "
    "recorded epochs. Train for fewer epochs, or make one cheaper. What was measured up to there is "
    "kept.",
    "time_limit#evaluating": "Training was done, but predicting was stopped at its limit of "
    "{limit_s:duration}. Predict in batches, without loops over single rows.",
    "output_limit": "The run printed more than its {limit_bytes:size}. Print once an epoch, not once a "
    "batch.",
    "too_large": "The upload is larger than the {limit_bytes:size} taken. Remove data and stored outputs "
    "from it.",
    "not_utf8": "The file is not UTF-8 text. Save it with the encoding UTF-8 and send it again.",
    "bad_notebook": "The notebook cannot be read: {message}. Save it again in Jupyter and send it.",
    "killed_by_sandbox": "The run was stopped by the sandbox ({rule}). Submissions have no network, no "
    "other programs and few files: leave out what reaches for them.",
    "killed_by_sandbox#results": "The run ended without results that can be read. Leave standard streams "
    "and open sockets alone, and let `train` return its model.",
    "killed_by_sandbox#processes": "The run wanted more than the {limit} processes and threads allowed. "
    "Set `num_workers=0` in data loaders, and start no processes.",
    "killed_by_sandbox#exit": "The code ended the whole process (exit status {status}) before it gave a "
    "model. Leave out `exit()`, `quit()` and `os._exit()`.",
    "killed_by_sandbox#system_call": "The code asked the system for something that submissions may not do, "
    "and was stopped ({signal}). There is no network, and no other program can be started.",
    "killed_by_sandbox#signal": "The process was ended by {signal}. This is most often a crash inside a "
    "library: check the shapes and types of what you pass to it.",
    **GRADE_MESSAGES,
}
FIT_NAMES: dict[str, str] = {
    "underfitting": "Underfitting",
    "overfitting": "Overfitting",
    "balanced": "Balanced",
    "inconclusive": "Not decided",
}
_VARIANTS = ("measure", "rule", "phase", "when")
_UNKNOWN = "?"
_MIB = 1024 * 1024


def render(message: Message) -> str:
    """One sentence or more. Never raises: a reader gets an incomplete sentence rather than an error page."""
    return render_code(message.code, message.parameters)


def render_failure(failure: Failure) -> str:
    return render_code(failure.code, failure.parameters)


def render_code(code: str, parameters: Mapping[str, Any]) -> str:
    template = ENGLISH.get(code)
    for name in _VARIANTS:
        template = ENGLISH.get(f"{code}#{parameters.get(name)}", template)
    if template is None:
        told = ", ".join(f"{name}: {_plain(value)}" for name, value in parameters.items())
        return f"{code} ({told})" if told else code
    return _FORMATTER.vformat(template, (), parameters)


def _number(value: float) -> str:
    return f"{value:.3g}"


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _step(value: float) -> str:
    return f"{100 * value:.1f} percentage points"


def _points(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _size(value: float) -> str:
    if value <= 0:
        return _UNKNOWN
    return f"{value / _MIB:.0f} MiB" if value >= _MIB else f"{value / 1024:.0f} KiB"


def _duration(value: float) -> str:
    return f"{value:g} s"


def _clause(value: Any) -> str:
    """Somebody else's sentence, which goes on in ours."""
    return str(value).rstrip(". \n")


_FORMATS = {
    "number": _number,
    "share": _share,
    "step": _step,
    "points": _points,
    "size": _size,
    "duration": _duration,
}


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_plain(item) for item in value)
    return str(value)


class _SafeFormatter(string.Formatter):
    """Missing or odd parameters become `?` or their plain text."""

    def get_value(self, key: int | str, _args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), _UNKNOWN)

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "clause":
            return _clause(value)
        form = _FORMATS.get(format_spec)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return form(value) if form and is_number else _plain(value)


_FORMATTER = _SafeFormatter()
