"""What stands in starters beside code, in each language. `⟦name⟧` in a source is replaced by the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from api.language import Language

FRAMEWORK_TITLES: Final[dict[str, str]] = {
    "pytorch": "PyTorch",
    "lightning": "PyTorch Lightning",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
}

WORDS: Final[dict[str, dict[Language, str]]] = {
    "scale_inputs": {
        "en": "TODO: bring the inputs to mean 0 and standard deviation 1 here, with the figures of the "
        "training rows kept in the model.",
        "ro": "TODO: adu aici intrările la media 0 și abaterea standard 1, cu valorile calculate pe "
        "rândurile de antrenare și păstrate în model.",
    },
    "scale_inputs_keras": {
        "en": "TODO: a keras.layers.Normalization here, made from the training rows, lets it learn faster.",
        "ro": "TODO: un strat keras.layers.Normalization aici, făcut din rândurile de antrenare, îl "
        "ajută să învețe mai repede.",
    },
    "learning_rate": {
        "en": "TODO: try other learning rates, and another optimizer such as Adam.",
        "ro": "TODO: încearcă alte rate de învățare și alt optimizator, de exemplu Adam.",
    },
    "epochs": {
        "en": "TODO: train for longer, until the validation error stops falling; from there on it "
        "overfits.",
        "ro": "TODO: antrenează mai mult, până când eroarea de validare nu mai scade; de acolo începe "
        "supraînvățarea (overfitting).",
    },
    "epochs_fit": {
        "en": "Each epoch is recorded by itself. TODO: train for longer, until the validation error stops "
        "falling; from there on it overfits.",
        "ro": "Fiecare epocă se înregistrează singură. TODO: antrenează mai mult, până când eroarea de "
        "validare nu mai scade; de acolo începe supraînvățarea (overfitting).",
    },
    "record": {
        "en": "Records one point of the learning curve.",
        "ro": "Înregistrează un punct al curbei de învățare.",
    },
    "hidden_layer": {
        "en": "TODO: this is one layer. Put a hidden layer and an activation (ReLU, tanh) before it. "
        "Without the activation, two layers still amount to one.",
        "ro": "TODO: acesta este un singur strat. Pune înaintea lui un strat ascuns și o funcție de "
        "activare (ReLU, tanh). Fără activare, două straturi fac tot cât unul.",
    },
    "hidden_layer_tensorflow": {
        "en": "TODO: this is one layer. Put a hidden layer before it, with weights that begin at "
        "random, and an activation (tf.nn.relu, tf.tanh) after that. Without the activation, two layers "
        "still amount to one.",
        "ro": "TODO: acesta este un singur strat. Pune înaintea lui un strat ascuns, cu ponderi "
        "inițiale aleatoare, iar după acela o funcție de activare (tf.nn.relu, tf.tanh). Fără activare, "
        "două straturi fac tot cât unul.",
    },
    "regularise": {
        "en": "TODO: where the validation error ends well above the training error, stop earlier or use "
        "dropout.",
        "ro": "TODO: dacă eroarea de validare rămâne mult peste cea de antrenare, oprește mai devreme sau "
        "folosește dropout.",
    },
    "whole_batches": {
        "en": "A sampler of whole batches takes 64 rows at once; batch_size=64 would fetch them one by "
        "one.",
        "ro": "Un eșantionator de loturi întregi ia 64 de rânduri deodată; batch_size=64 le-ar lua unul "
        "câte unul.",
    },
    "try_out": {
        "en": "Try it here, on data of your own: none of this runs when it is graded.",
        "ro": "Încearcă aici, pe date de la tine: nimic de mai jos nu rulează la notare.",
    },
    "training_error": {"en": "training error", "ro": "eroare de antrenare"},
    "other_error": {"en": "error on rows held out", "ro": "eroare pe rânduri nevăzute"},
}

INTRODUCTIONS: Final[dict[str, dict[Language, str]]] = {
    "py": {
        "en": "{title}, in {framework}: a starter.\n\n"
        "It runs as it is and scores some of the points. Comments that begin with TODO say where to work\n"
        "on; README.md says what is asked.\n\n"
        "    python {file}                  try it here\n"
        "    labmark submit {file} --wait   hand it in\n",
        "ro": "{title}, în {framework}: un punct de plecare.\n\n"
        "Rulează așa cum este și ia o parte din puncte. Comentariile care încep cu TODO spun unde ai de\n"
        "lucru; README.md spune ce se cere.\n\n"
        "    python {file}                  încearcă aici\n"
        "    labmark submit {file} --wait   predă\n",
    },
    "ipynb": {
        "en": "# {title}\n"
        "\n"
        "A starter in {framework}. It runs as it is and scores some of the points. Comments that begin "
        "with TODO say where to work on; README.md says what is asked.\n"
        "\n"
        "Cells that begin with `# labmark` are what is handed in: keep that line. All other cells are "
        "yours, for pictures and trials. Hand it in with\n"
        "\n"
        "    labmark submit {file} --wait\n",
        "ro": "# {title}\n"
        "\n"
        "Un punct de plecare în {framework}. Rulează așa cum este și ia o parte din puncte. "
        "Comentariile care încep cu TODO spun unde ai de lucru; README.md spune ce se cere.\n"
        "\n"
        "Celulele care încep cu `# labmark` sunt cele predate: păstrează acest rând. Toate celelalte "
        "celule sunt ale tale, pentru grafice și încercări. Predă cu\n"
        "\n"
        "    labmark submit {file} --wait\n",
    },
}
