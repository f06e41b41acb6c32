from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "integrity.ignores_labels": "Antrenat din nou pe etichete permutate între clase, a dat tot clasa de la "
    "început pe {original:share} din {rows} {rows:rând nevăzut|rânduri nevăzute|de rânduri nevăzute}, iar "
    "pe cea permutată pe {permuted:share} (la ghicit ar fi {chance:share}). Cine învață cinstit urmează "
    "etichetele primite: caută ponderi puse în cod sau un tabel de etichete.",
    "integrity.learnt_from_shuffled": "Antrenat din nou pe etichete amestecate, a dat tot clasa corectă pe "
    "{original:share} din {rows} {rows:rând nevăzut|rânduri nevăzute|de rânduri nevăzute}, unde la ghicit "
    "ar fi {chance:share}. Nu era nimic de învățat: caută ponderi puse în cod sau un tabel de etichete.",
    "integrity.control_failed": "Rularea de control pe etichete de felul {kind} nu a dat un model ({code}), "
    "deși rularea însăși a dat. Vezi dacă codul verifică pe ce este antrenat.",
    "integrity.validation_and_test_disagree": "Acuratețea este {validation:share} pe rândurile de validare "
    "și {test:share} pe cele de test; întâmplarea le face să difere atât de mult cu probabilitatea "
    "{p_value:number}. Vezi dacă una dintre cele două părți îi era cunoscută codului.",
    "review.not_graded": "Criteriul {criterion}, care valorează {points:points} {points:punct|puncte|de "
    "puncte}, nu a putut fi judecat din ce s-a măsurat. Dacă codul face ce s-a cerut, dă punctele printr-o "
    "corectare.",
    "integrity.answers_vary": "Rânduri întrebate de două ori au primit scoruri diferite, la o depărtare de "
    "până la {difference:share} din împrăștierea lor: în răspunsuri este întâmplare. Cel mai adesea dropout "
    "a rămas pornit; zgomotul poate fi adăugat și ca să treacă drept strat ascuns.",
    "integrity.answers_vary#class_ids": "Dintre rândurile întrebate de două ori, {difference:share} au "
    "primit a doua oară altă clasă: în răspunsuri este întâmplare. Vezi ce face `predict`.",
    "integrity.claims_contradicted": "Modelul declară un singur strat de ponderi ({layers}), dar scorurile "
    "lui se curbează ({bend:number}): le face altceva decât straturile lui.",
    "architecture.multi_layer_as_declared": "Modelul tău se poartă ca o rețea cu mai multe straturi, cum "
    "s-a cerut, și declară mai multe straturi: scorurile lui se curbează (curbură {bend:number}). "
    "(Probabilitățile singure ar fi lăsat o îndoială; scorurile brute nu lasă niciuna.)",
    "architecture.units_enough": "Cel mai lat strat ascuns are, după cum spune modelul, {units} "
    "{units:unitate|unități|de unități}; s-au cerut cel puțin {asked}.",
    "architecture.units_too_few": "Cel mai lat strat ascuns are, după cum spune modelul, {units} "
    "{units:unitate|unități|de unități}; s-au cerut cel puțin {asked}. Fă-l mai lat.",
    "architecture.units_unknown": "Modelul nu spune câte unități au straturile lui, așa că numărul lor nu a "
    "fost judecat. Întoarce modelul însuși, nu o funcție.",
    "architecture.single_layer": "Modelul tău se poartă ca un singur strat, cum s-a cerut: scorurile lui se "
    "schimbă în linie dreaptă (curbură {bend:number}).",
    "architecture.multi_layer": "Modelul tău se poartă ca o rețea cu mai multe straturi, cum s-a cerut: "
    "scorurile lui se curbează (curbură {bend:number}).",
    "architecture.not_single_layer": "S-a cerut un singur strat, dar scorurile modelului tău se curbează "
    "(curbură {bend:number}), cum le face numai un strat ascuns cu o funcție de activare. Păstrează un "
    "strat liniar și funcția lui de ieșire.",
    "architecture.not_multi_layer": "S-au cerut mai multe straturi, dar modelul tău se poartă ca unul "
    "singur (curbură {bend:number}). Straturile liniare puse unul peste altul fără o activare între ele fac "
    "tot cât unul: pune ReLU, tanh sau altă activare după fiecare strat ascuns.",
    "architecture.undecided": "Din scoruri nu se vede dacă este un strat sau mai multe, așa că arhitectura "
    "nu a fost judecată. Dacă `predict` întoarce scoruri brute (logits), se vede mai ușor.",
    "architecture.answers_vary": "Aceeași intrare primește scoruri diferite când este întrebată de două ori "
    "(la o depărtare de până la {difference:share} din împrăștierea lor), așa că arhitectura nu a fost "
    "judecată. Scoate întâmplarea din `predict`; în PyTorch apelează acolo `model.eval()`, care oprește "
    "dropout.",
    "architecture.no_scores": "`predict` a dat numai numere de clase. Ca să judecăm arhitectura, e nevoie "
    "de scoruri pentru fiecare clasă: întoarce un tablou de forma (n, clase).",
    "architecture.constant_output": "Modelul tău dă aceleași scoruri, sau unele complet saturate, pentru "
    "orice intrare, așa că arhitectura lui nu a fost judecată. O rată de învățare mai mică îi poate ține "
    "unitățile în viață.",
    "framework.allowed": "Modelul spune că a fost construit cu {framework}, pe care această temă o permite.",
    "framework.not_allowed": "Modelul spune că a fost construit cu {framework}; această temă cere una "
    "dintre: {allowed}.",
}
