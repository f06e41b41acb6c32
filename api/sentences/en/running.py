"""What went wrong with code that gave no model, and what there is to know about a state."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
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
    "notice.errored": "A fault on our side kept this from being graded: it costs you no attempt, and an "
    "operator will look at it.",
    "notice.superseded": "A newer submission of yours took its place in the queue: it costs you no attempt.",
    "notice.tried_again": "A fault on our side interrupted it: it costs you no attempt, and it is tried "
    "again by itself.",
}
