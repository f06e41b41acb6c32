"""What `labmark check` says, in Romanian."""

from __future__ import annotations

from typing import Final

ROMANIAN_CHECK: Final[dict[str, str]] = {
    "help.check": "Încearcă un fișier aici. Aceeași izolare și notare, pe date publice, fără serviciu.",
    "option.seed": "Trage rândurile și semințele antrenării; alt număr, alte rânduri.",
    "option.no_jail": "Rulează fără izolare, unde sistemul nu o permite: codul poate face tot ce poți "
    "și tu.",
    "option.show_log": "Arată și ce a afișat codul.",
    "state.importing": "se importă biblioteca, câteva secunde",
    "state.fetching": "se aduce setul de date, o singură dată",
    "check.no_assignment": "Pentru ce temă? Folosește --assignment sau un dosar făcut de `labmark start`.",
    "check.kept": "{server} nu poate fi întrebat acum: s-a verificat după ultimul său răspuns.",
    "check.built_in": "S-a verificat după tema inclusă {assignment}; un curs poate cere altceva.",
    "check.log": "Ce a afișat codul",
    "check.other_rows": "A fost o încercare pe rânduri trase aici cu sămânța {seed}. Un serviciu le "
    "trage pe ale lui, pe care nu le știe nimeni, așa că cifrele vor fi puțin altele. Nu s-a predat "
    "nimic: labmark submit {file} --wait",
    "check.broke": "Verificarea s-a întrerupt, și nu din cauza codului tău: {why}",
    "differs.split": "Rânduri publice sunt mai puține decât folosește un serviciu: {train} pentru "
    "antrenare, {validation} pentru validare, {test} pentru test.",
    "differs.no_jail": "Nu a fost nicio izolare: nu s-a văzut ce ar interzice ea, nici ce are nevoie de "
    "ea, nici câtă memorie e prea multă.",
    "differs.cpu": "Tema aceasta se antrenează pe un GPU, unde există; aici a fost procesorul.",
    "differs.hidden_criteria": "Unele criterii ale temei nu se arată studenților și nu au fost judecate.",
    "layer.system": "are nevoie de Linux cu un procesor x86-64; pe Windows, WSL 2 este unul",
    "layer.namespaces": "spațiile de nume ale utilizatorilor nu sunt permise. Ca administrator: sysctl "
    "user.max_user_namespaces=10000, iar pe Ubuntu și kernel.apparmor_restrict_unprivileged_userns=0",
    "layer.mounts": "montările într-un spațiu de nume sunt interzise, de AppArmor sau de containerul în "
    "care rulează",
    "layer.landlock": "are nevoie de Linux 6.12 sau mai nou, cu landlock printre modulele de securitate "
    "(lsm=landlock,...)",
    "layer.seccomp": "lipsește biblioteca libseccomp (Debian și Ubuntu: apt install libseccomp2)",
    "stop.packages_missing": "Pentru verificare aici trebuie și pachetele care antrenează și notează "
    "(lipsesc: {packages}). Instalează-le: pip install 'labmark[check]'",
    "stop.no_jail": "Acest sistem nu poate face izolarea; lipsesc:\n{layers}\nCa să rulezi propriul "
    "fișier fără ea, ca pe orice program al tău: --no-jail",
    "stop.no_framework": "{framework} nu poate fi importat aici: {detail}\n{log}",
    "stop.no_spec": "Ce cere {assignment} nu se știe aici. Autentifică-te la serviciul ei sau numește o "
    "temă inclusă: iris-single-layer, iris-multi-layer, mnist-single-layer, mnist-multi-layer.",
    "stop.bad_spec": "Ce spune serviciul despre {assignment} nu se înțelege aici: actualizează labmark. "
    "({detail})",
    "stop.no_dataset": "Setul de date {dataset} nu se găsește aici. {detail} Predă: labmark submit",
    "stop.unsupported_file": "Nu este nici fișier Python (.py), nici notebook (.ipynb). {detail}",
    "stop.not_utf8": "Fișierul nu este text UTF-8. {detail}",
    "stop.bad_notebook": "Notebook-ul nu poate fi citit. {detail}",
    "stop.too_large": "Fișierul este prea mare. {detail}",
}
