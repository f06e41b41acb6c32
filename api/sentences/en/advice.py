"""What to try: of exceptions that are recognised, of figures, and of what stands out in the source.

Those of figures state what was measured, and then what it often comes from; `look_` ones say what stands in
the student's file, which may be meant so.
"""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    # Shapes.
    "advice.flatten": "The pictures came as 28 by 28, and the layer takes 784 numbers in a row. Flatten "
    "them inside the model, so that it also happens when it predicts: `nn.Flatten()` as its first layer, or "
    "`x = x.reshape(len(x), -1)` in `forward`.",
    "advice.layer_sizes": "A layer got rows of {got} numbers, and its weights are made for {wanted}. What "
    "one layer gives is what the next one takes, and the first takes as many as there are inputs "
    "(`lab.input_shape`): make the two sizes equal.",
    "advice.rows_differ": "There are {got} rows of predictions and {wanted} labels. Look for a `view`, "
    "`reshape` or `flatten` that changes the number of rows: the first dimension must stay as it is.",
    "advice.sizes_differ": "Two tensors that are calculated with have {got} and {wanted} numbers in one "
    "dimension. Print the `shape` of both before this line. In a loss for class ids, `cross_entropy` takes "
    "scores `(n, classes)` and labels `(n,)`; `MSELoss` wants both in one shape.",
    # Labels.
    "advice.labels_one_hot_integers": "The labels are one-hot and integers. `cross_entropy` takes class "
    "ids, shape `(n,)`: give it `lab.train_y` as it is, without `one_hot`.",
    "advice.labels_type": "The labels are of type {got}, and this loss takes class ids of type Long "
    "(int64). `lab.train_y` already is int64: leave out `.float()` and the like, or call `.long()`.",
    "advice.labels_column": "The labels are a column or one-hot, and this loss takes class ids in a row, "
    "shape `(n,)`. Leave out `reshape(-1, 1)` or `one_hot`, or call `.squeeze(1)`.",
    "advice.too_few_outputs": "There is a label {label}, and the last layer has no output for it. Give it "
    "one for each class, `lab.n_classes`; class ids start at 0.",
    "advice.one_hot_with_sparse_loss": "The labels are one-hot, and a loss called sparse takes class ids, "
    "shape `(n,)`. Give it `lab.train_y` as it is, or take the loss without `sparse` in its name.",
    "advice.ids_with_categorical_loss": "The labels are class ids, and this loss wants them one-hot. Take "
    "`sparse_categorical_crossentropy`, which takes `lab.train_y` as it is.",
    # Types of inputs, and where they are.
    "advice.inputs_type": "One side is of type {got}, the other of type {wanted}. `lab.train_x` is "
    "float32, as weights are: leave out the conversion to float64, or convert back with `.float()` "
    '(PyTorch) or `tf.cast(x, "float32")`.',
    "advice.numpy_into_torch": "A numpy array was given to PyTorch, which takes tensors: `x = "
    "torch.from_numpy(lab.train_x)`.",
    "advice.no_cuda": "This run has no GPU. Write `.to(lab.device)` in place of `.cuda()` or "
    '`.to("cuda")`: it is `"cpu"` or `"cuda"`, as the run has it.',
    "advice.devices_differ": "Some tensors are on the GPU and others on the CPU. Move the model and the "
    "data with `.to(lab.device)`, and keep means and deviations with `register_buffer`, which move with the "
    "model.",
    "advice.numpy_of_cuda": "The tensor is on the GPU, and numpy works on the CPU: "
    "`tensor.detach().cpu().numpy()`.",
    "advice.numpy_of_gradient": "This tensor still carries its gradient. For a number, as of a loss, write "
    "`loss.item()`; for an array `tensor.detach().numpy()`.",
    # Gradients.
    "advice.backward_twice": "`backward()` was called twice for one calculation of the loss. Calculate the "
    "loss anew in each step, inside the loop, and call `loss.backward()` once.",
    "advice.loss_of_each_row": "The loss has one number for each row; `backward()` needs a single one. "
    'Take `loss.mean()`, or leave out `reduction="none"`.',
    "advice.loss_is_a_number": "The loss has become a plain number, which knows nothing of how it was "
    "calculated. Call `backward()` on the tensor, and `.item()` only for what you print.",
    "advice.no_gradient": "No way leads back from this loss to the weights. `argmax`, `.detach()`, "
    "`.item()`, `torch.no_grad()` or a new `torch.tensor(...)` cuts it: calculate the loss from the model's "
    "scores.",
    "advice.changed_in_place": "A tensor was changed in place that the gradient needs. Update weights by "
    "an optimizer, or inside `with torch.no_grad():`, and write `x = x + 1` in place of `x += 1`.",
    "advice.gradient_is_none": "A gradient is `None`: the tape saw no way from the loss to that variable. "
    "Calculate the predictions and the loss inside `with tf.GradientTape() as tape:`, with all of the steps "
    "in between, and with weights that are `tf.Variable`.",
    "advice.not_a_variable": "A constant cannot be changed. Weights are `tf.Variable(...)`, made once in "
    "`__init__`.",
    # How a model and its training are put together.
    "advice.no_super_init": "The class has to prepare itself before it gets layers: write "
    "`super().__init__()` as the first line of `__init__`.",
    "advice.optimizer_wants_parameters": "The optimizer takes the weights, not the model: write "
    "`model.parameters()` in place of `model`.",
    "advice.no_parameters": "The optimizer finds no weights in the model. Layers in a plain list or "
    "dictionary are not seen: use `nn.ModuleList` or `nn.Sequential`, or give each its own name, "
    "`self.hidden = ...`.",
    "advice.not_compiled": "Call `model.compile(optimizer=..., loss=...)` once before `model.fit(...)`.",
    "advice.lightning_method": "Lightning calls the method `{method}` of your class, and there is none of "
    "that name. Look at how it is spelt and that it is indented as a part of the class.",
    # The contract.
    "advice.lab_has_no": "`lab` has no `{name}`. It has `train_x`, `train_y`, `n_classes`, `input_shape`, "
    "`class_names`, `feature_names`, `seed`, `device`, and `epoch(model)`.",
    "advice.lab_is_no_dictionary": "`lab` is neither a dictionary nor a pair: write `lab.train_x` and "
    "`lab.train_y`.",
    "advice.epoch_takes_the_model": "`lab.epoch` takes the model that it is to measure: `lab.epoch(model)`.",
    "advice.train_takes_lab": "`train` is called with one thing, `lab`: write `def train(lab):` and take "
    "the data from `lab.train_x` and `lab.train_y`.",
    "advice.predict_takes_two": "`predict` is called with the model and the inputs: write `def "
    "predict(model, x):`.",
    "advice.file_not_there": "No file of yours is there. The training data is in `lab.train_x` and "
    "`lab.train_y`.",
    "advice.exits": "`exit()` and `sys.exit()` end the run before it has a model. Leave them out, and end "
    "`train` with `return model`.",
    "advice.asks_for_input": "Nobody can answer `input()` here. Write the value into the file.",
    "advice.name_not_defined": "Nothing is called `{name}` where this line runs. Look at its spelling, and "
    "whether the import, or the line that defines it, is in what you handed in; in a notebook it may be in "
    "a cell that is not part of it.",
    "advice.no_such_attribute": "What is of type `{owner}` here has no `{name}`. Compare the spelling with "
    "the line that sets it, often one in `__init__`.",
    # Of a notebook.
    "advice.notebook_mark": "No cell of the notebook is marked, so all of them were run, plots and "
    "tables too. Write `# labmark` as the first line of what is to be handed in: cells {cells}. The "
    "others stay as they are, and are not run.",
    "advice.notebook_without_train": "The notebook has no function `train(lab)`. Put what makes and "
    "trains the model, in cell {cell} it seems, into `def train(lab):`, take `lab.train_x` and "
    "`lab.train_y` in place of `load_iris` and `train_test_split`, and end it with `return model`. Then "
    "write `# labmark` as the first line of that cell and of the one with its imports: no other cell is "
    "run then, so that plots may stay.",
    "advice.notebook_without_model": "The notebook has no function `train(lab)`. Add a cell whose first "
    "line is `# labmark` and that defines `def train(lab):`, which trains a model on `lab.train_x` and "
    "`lab.train_y` and returns it; mark the cell with its imports in the same way. No other cell is run "
    "then.",
    # What `train` returned.
    "advice.returned_nothing": "`train` ended without returning anything. Its last line is to be `return "
    "model`, indented as the first line of the function is.",
    "advice.returned_predictions": "`train` returned numbers, as predictions are, and not the model that "
    "makes them. Write `return model`: Labmark asks it for predictions itself.",
    "advice.returned_several": "`train` returned several things. Return the model alone; where predicting "
    "needs all of them, define `predict(model, x)`, which gets them as its `model`.",
    "advice.returned_weights": "`train` returned weights without the model that they are of. Write `return "
    "model`, not `model.state_dict()`.",
    "advice.returned_a_number": "`train` returned a number, such as a loss or an accuracy. Write `return "
    "model`: accuracy is measured outside, on rows that your code never had.",
    "advice.returned_history": "`fit` gives the history of the training, not the model. Call it on a line "
    "of its own, and then write `return model`.",
    "advice.returned_trainer": "`train` returned the trainer. Write `return model`: it is the same object "
    "that the trainer has trained.",
    "advice.may_never_end": "This loop goes on until something becomes true, which may never happen: a "
    "loss comes near 0 and does not get there. Count the epochs, `for epoch in range(100):`, and leave "
    "earlier with `break`.",
    "advice.not_finite_here": "`log(0)` is infinite, and so is `exp` of anything above 88. Take the loss "
    "of the framework, which calculates with scores directly, or keep what goes in here in bounds.",
    "advice.rate_may_be_too_high": "Often weights grow without bound because the learning rate is too "
    "high. Try a tenth of it, and print the loss of each epoch: the first that is `nan` shows when it "
    "happened.",
    # The shape of predictions.
    "advice.one_output": "The model gives one number a row; a classifier gives one score for each class. "
    "Make the last layer `lab.n_classes` wide, and take cross-entropy as the loss.",
    "advice.one_number_a_row": "There is one number with a decimal point a row. Return the scores of all "
    "classes; class ids are taken too, but as integers.",
    "advice.outputs_and_classes": "The model gives {outputs} scores a row. The last layer needs one for "
    "each class: `lab.n_classes`.",
    "advice.more_than_one_row": "The predictions have three dimensions. Where inputs are pictures, flatten "
    "them inside the model first, so that a row of scores stands for a whole picture.",
    # Files that Python cannot read.
    "advice.colon": "Lines that begin a block (`for`, `if`, `def`, `class`, `with`, `else`) end with a "
    "colon.",
    "advice.indentation": "Lines of one block begin in the same column, four spaces further in than the "
    "line above that ends with a colon. Do not mix tabs and spaces.",
    "advice.brackets": "A bracket has no partner. Count `(`, `[` and `{{` from this line on; often it is "
    "the line before the one that Python complains of.",
    "advice.quotes": "A text has no closing quotation mark. Look at this line and the one before.",
    "advice.two_equal_signs": "To compare, write `==`; a single `=` gives a name a value.",
    # Figures.
    "advice.nothing_recorded": "There is no learning curve, so that nothing can be said of how the "
    "training went. Call `lab.epoch(model)` at the end of each epoch, and hand it in again.",
    "advice.one_epoch": "One epoch was recorded, and after it the training error was {error:share}. Most "
    "models need tens of epochs, or hundreds on a small data set: train for more of them.",
    "advice.stands_still": "The training error stayed at about {error:share} over all {epochs} recorded "
    "epochs. Often the learning rate is far too low or far too high, the inputs are not scaled, or no step "
    "reaches the weights. Try ten times the rate, then a tenth, and print the loss of each epoch: does it "
    "change?",
    "advice.swings": "In the last {epochs} recorded epochs the training error went up by more than 5 "
    "percentage points {rises} times, between {low:share} and {high:share}. Often the learning rate is too "
    "high, or the inputs are not scaled: try a third of the rate, and inputs with mean 0 and deviation 1, "
    "scaled inside the model.",
    "advice.still_falling": "The training error was still falling when training ended: from {before:share} "
    "after epoch {epoch} to {error:share} after epoch {epochs}. Train for more epochs.",
    "advice.returned_otherwise": "After epoch {epoch}, the last recorded one, the training error was "
    "{recorded:share}; the model that `train` returned has {returned:share} on training rows. Look at "
    "whether it returns the model that was recorded, and whether something changes it afterwards.",
    "advice.one_answer": "The model gives the answer {answer} to every training row. Often this comes from "
    "inputs that are scaled in training but not when it predicts, from a learning rate far too high or low, "
    "or from a training of too few steps.",
    "advice.never_answered": "Never the answer to a training row: {classes}. Often the training was too "
    "short or the learning rate unfit; the confusion matrix shows what these rows are taken for.",
    # What stands out in the source.
    "advice.look_no_backward": "The optimizer steps, and nothing in the file calls `loss.backward()`, "
    "which calculates the gradients that it steps along.",
    "advice.look_no_step": "`backward()` calculates gradients, and nothing in the file calls "
    "`optimizer.step()`, which changes the weights by them.",
    "advice.look_no_zero_grad": "`backward()` adds to the gradients of the steps before, and nothing in "
    "the file sets them to zero. Call `optimizer.zero_grad()` once in each step.",
    "advice.look_gradients_not_applied": "Gradients are calculated here, and nothing in the file changes a "
    "variable by them: `optimizer.apply_gradients(...)`, or `variable.assign_sub(learning_rate * gradient)`.",
    "advice.look_step_returns_nothing": "`training_step` returns nothing, and Lightning trains on the loss "
    "that it returns. End it with `return loss`.",
    "advice.look_new_model_returned": "A new model is made here and returned, one that nothing has "
    "trained. Return the one that was trained: `return model`.",
    "advice.look_new_model_each_epoch": "The model is made anew inside the loop, so that each round starts "
    "from nothing. Make the model and its optimizer once, before the loop.",
    "advice.look_softmax_before_cross_entropy": "There is a softmax in the model, and PyTorch's "
    "cross-entropy applies one itself: twice makes learning slow. Let the model return its scores as they "
    "are.",
    "advice.look_softmax_and_from_logits": "The model ends in a softmax, and the loss takes scores from "
    "before one (logits) and applies it itself: twice makes learning slow. Leave out one: the softmax here, "
    "or `from_logits=True`.",
    "advice.look_logits_taken_for_probabilities": "This loss takes probabilities, and no layer has a "
    'softmax. Write `activation="softmax"` in the last layer, or take '
    "`keras.losses.SparseCategoricalCrossentropy(from_logits=True)`.",
    "advice.look_scaled_only_in_training": "The inputs are scaled here, in `train`, and the model gets "
    "others unscaled when it predicts. Scale inside the model, or in `predict`, with mean and deviation of "
    "the training rows.",
    "advice.look_eval_and_never_train": "`eval()` inside the loop, and no `train()`: from the second round "
    "on, dropout and batch normalisation no longer work as in training. Call `model.train()` at the start "
    "of each round.",
    "advice.look_dropout_always_on": "This dropout also drops when the model predicts. Write "
    "`training=self.training`, or use the layer `nn.Dropout`, which evaluation mode switches off.",
}
