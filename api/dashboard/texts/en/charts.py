"""Titles, descriptions and labels of charts."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "charts.scatter_title_error": "Training error against validation error",
    "charts.scatter_title_loss": "Training loss against validation loss",
    "charts.scatter_dots": "One dot for each student with a trained model: {told}.",
    "charts.scatter_regions_error": "Above the dashed line, the validation error is more than {limit} above "
    "the training error: overfitting. Below it and right of {target} training error: underfitting. A dot so "
    "near to a limit that chance can decide is shown as not decided.",
    "charts.scatter_regions_loss": "Above the dashed line, the validation loss is more than {limit} above "
    "the training loss: overfitting. Below it and right of {target} training loss: underfitting. A dot so "
    "near to a limit that chance can decide is shown as not decided.",
    "charts.square_root": "The axes are stretched towards zero (square root).",
    "charts.scatter_hover": "training {training}, validation {validation}",
    "charts.training_error_axis": "Training error, %",
    "charts.validation_error_axis": "Validation error, %",
    "charts.training_loss_axis": "Training loss, nats",
    "charts.validation_loss_axis": "Validation loss, nats",
    "charts.gap_limit": "gap above {limit}",
    "charts.curve_title": "Training and validation error by epoch",
    "charts.curve_summary": "From epoch {first} to {last}, the training error goes from "
    "{training_first:share} to {training_last:share} and validation error from {validation_first:share} to "
    "{validation_last:share}; the least validation error is {least:share}, at epoch {best}.",
    "charts.training": "training error",
    "charts.validation": "validation error",
    "charts.least": "least validation error, epoch {epoch}",
    "charts.epoch": "Epoch",
    "charts.training_column": "Training error",
    "charts.validation_column": "Validation error",
    "charts.first_epoch": "The first epoch is done; a line needs two.",
    "charts.repeat_of": "Repeat {repeat} of {repeats}; each point is the mean of the repeats that reached "
    "it.",
    "charts.scores_title": "Distribution of points",
    "charts.scores_description": "The points that count for {count} {count:student|students}, in ten "
    "ranges. The fullest is {low:points} to {high:points}, with {most} {most:student|students}.",
    "charts.scores_hover": "{range} points: {count} {count:student|students}",
    "charts.scores_axis": "Points",
    "charts.students_axis": "Students",
    "charts.pass_title": "Verdicts by criterion",
    "charts.pass_description": "Share of {count} {count:student|students} with each verdict. The hardest is "
    "{name}: {share:share} pass it.",
    "charts.pass_hover": "{name}, {verdict}: {count} {count:student|students} ({share:share})",
    "charts.share_axis": "Share of students, %",
    "charts.confusion_none": "Every row was predicted right.",
    "charts.confused_pair": "{truth} taken for {predicted} ({count})",
    "charts.confusion_most": "Most often: {told}.",
    "charts.curve_onset": "After epoch {epoch} the model overfits: the validation error rises while the "
    "training error still falls.",
    "charts.onset": "overfitting begins after epoch {epoch}",
    "charts.keys": "With the keyboard: arrow keys move from dot to dot, Enter opens the submission.",
    "charts.keys_bars": "With the keyboard: arrow keys move from bar to bar.",
    "charts.table_below": "The table of students below has the same figures.",
}
