from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "state.queued": "Așteaptă la rând",
    "state.claimed": "Pornește",
    "state.training": "Se antrenează",
    "state.evaluating": "Se evaluează",
    "state.graded": "Notat",
    "state.failed": "Codul tău nu a dat un model",
    "state.errored": "O defecțiune la noi, care nu costă nicio încercare: se va uita un operator",
    "state.cancelled": "Anulat",
    "state.superseded": "Înlocuit de o predare mai nouă",
    "short_state.queued": "Așteaptă",
    "short_state.claimed": "Pornește",
    "short_state.training": "Se antrenează",
    "short_state.evaluating": "Se evaluează",
    "short_state.graded": "Notat",
    "short_state.failed": "Fără model",
    "short_state.errored": "Vina noastră",
    "short_state.cancelled": "Anulat",
    "short_state.superseded": "Înlocuit",
    "verdict.passed": "îndeplinit",
    "verdict.partial": "parțial",
    "verdict.failed": "neîndeplinit",
    "verdict.not_graded": "nenotat",
    "fit.underfitting": "Subînvățare",
    "fit.overfitting": "Supraînvățare",
    "fit.balanced": "Echilibrat",
    "fit.inconclusive": "Nedecis",
    "part.train": "antrenare",
    "part.validation": "validare",
    "part.test": "test",
    "role.student": "student",
    "role.grader": "asistent",
    "role.instructor": "profesor",
    "role.admin": "administrator",
    "architecture.single_layer": "un singur strat",
    "architecture.multi_layer": "mai multe straturi",
    "criterion.validation_accuracy": "acuratețe la validare",
    "criterion.test_accuracy": "acuratețe la test",
    "criterion.accuracy": "acuratețe",
    "criterion.gap": "diferența dintre erori",
    "criterion.generalization_gap": "diferența dintre erori",
    "criterion.architecture": "arhitectură",
    "criterion.framework": "bibliotecă",
    "criterion.learning_curve": "curba de învățare",
    "criterion.stability": "stabilitate",
    "criterion.resources": "resurse",
    "attention.errored": "vina noastră",
    "attention.stuck": "blocat",
    "attention.flagged": "semnalat",
    "runner.ok": "gata",
    "runner.unreachable": "nu răspunde",
    "runner.refuses": "refuză",
    "device.cpu": "procesor",
    "device.gpu": "GPU",
    "lab.iris_single_layer": "Clasifică trei specii după patru lungimi în cm, cu o rețea complet conectată "
    "cu un singur strat, în PyTorch, PyTorch Lightning, TensorFlow sau Keras. Se cere: un singur strat "
    "complet conectat, cu scoruri afine în intrare.",
    "lab.iris_multi_layer": "Clasifică trei specii după patru lungimi în cm, cu o rețea complet conectată "
    "cu mai multe straturi, în PyTorch, PyTorch Lightning, TensorFlow sau Keras. Se cere: cel puțin un "
    "strat ascuns, cu o funcție de activare după el.",
    "lab.mnist_single_layer": "Clasifică zece cifre scrise de mână din imagini de 28 x 28, cu o rețea "
    "complet conectată cu un singur strat, în PyTorch, PyTorch Lightning, TensorFlow sau Keras. Se cere: un "
    "singur strat complet conectat, cu scoruri afine în intrare.",
    "lab.mnist_multi_layer": "Clasifică zece cifre scrise de mână din imagini de 28 x 28, cu o rețea "
    "complet conectată cu mai multe straturi, în PyTorch, PyTorch Lightning, TensorFlow sau Keras. Se cere: "
    "cel puțin un strat ascuns, cu o funcție de activare după el.",
}
