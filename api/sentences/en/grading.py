"""What graders say of errors, gaps, curves and the fit, and what to try."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
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
    "fit.underfitting": "Underfitting: the training error is {training:share}, above the {target:share} "
    "asked. The model does not yet fit even the rows that it was trained on.",
    "fit.overfitting": "Overfitting: the training error is {training:share}, the validation error "
    "{validation:share}. The gap of {gap:step} is above the limit of {limit:step}.",
    "fit.balanced": "Balanced: the training error is {training:share}, the validation error "
    "{validation:share}. The gap of {gap:step} is within the limit of {limit:step}.",
    "fit.inconclusive": "Not decided: the gap is {gap:step}, but with so few rows it may lie between "
    "{low:step} and {high:step}, on either side of the limit of {limit:step}. A simpler model or "
    "regularisation often narrows it.",
    "fit.underfitting#loss": "Underfitting: the training loss is {training:number}, above the "
    "{target:number} asked.",
    "fit.overfitting#loss": "Overfitting: the training loss is {training:number}, the validation loss "
    "{validation:number}. The gap of {gap:number} is above the limit of {limit:number}.",
    "fit.balanced#loss": "Balanced: the training loss is {training:number}, the validation loss "
    "{validation:number}. The gap of {gap:number} is within the limit of {limit:number}.",
    "fit.inconclusive#loss": "Not decided: the gap in loss is {gap:number}, but it may lie between "
    "{low:number} and {high:number}, on either side of the limit of {limit:number}. A simpler "
    "model or regularisation often narrows it.",
    "advice.stronger_model": "Try a stronger model: more units, or one more layer where the assignment "
    "allows it.",
    "advice.train_longer": "Try training longer, or with another learning rate.",
    "advice.more_data": "More training data helps most, where there is more: augmentation counts.",
    "advice.simpler_model": "Try a simpler model: fewer units or layers.",
    "advice.regularisation": "Try regularisation, such as dropout or weight decay.",
    "advice.stop_at_best_epoch": "Stop at epoch {epoch}, or keep a copy of the model from there: its "
    "validation error was {validation_error:share}, and {last_validation_error:share} at the end.",
}
