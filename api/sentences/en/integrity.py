"""What graders say of a model's architecture and framework, and what staff should look at."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
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
}
