from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "run.failed": "Nejudecat: codul tău nu a dat un model ({code}). Ce s-a întâmplat este spus mai sus.",
    "syntax_error": "Python nu poate citi fișierul: {message}. Rulează-l o dată la tine, apoi trimite-l din "
    "nou.",
    "no_train_function": "Fișierul nu definește o funcție `train(lab)`. Pune antrenarea într-una și "
    "întoarce modelul.",
    "import_failed": "Un import nu a mers: {message}. Sunt instalate PyTorch, Lightning, TensorFlow, Keras, "
    "numpy și scikit-learn; fișierele tale proprii nu sunt acolo, așa că pune totul într-un singur fișier.",
    "raised": "Codul tău a ridicat {exception}: {message:clause}. Se vede mai jos unde.",
    "raised#evaluating": "Modelul tău a ridicat {exception} când i s-a cerut să prezică rândurile după care "
    "este judecat. Ce a spus nu se arată: ar putea scoate afară acele rânduri. Înainte prezisese rânduri "
    "din `lab.train_x`; caută ce depinde de numărul de rânduri (vin până la 8192 deodată) sau de valori "
    "anume.",
    "wrong_prediction_shape#evaluating": "Pe rândurile după care este judecat, predicțiile nu au fost câte "
    "un rând pentru fiecare intrare, cu câte un scor pentru fiecare clasă. Caută ce depinde de numărul de "
    "rânduri: vin până la 8192 deodată.",
    "raised#network": "Codul tău a ridicat {exception}: {message:clause}. Predările nu au rețea: datele "
    "sunt în `lab.train_x` și `lab.train_y`, iar pachetele sunt instalate.",
    "raised#programs": "Codul tău a ridicat {exception}: {message:clause}. Predările nu pot porni alte "
    "programe; procesele și firele de execuție ale lui Python merg.",
    "raised#files": "Codul tău a ridicat {exception}: {message:clause}. Predările pot scrie fișiere numai "
    "în dosarul lor de lucru și pot citi numai pachetele lui Python.",
    "hidden_data": "`{function}` caută o copie a unui set de date cu toate etichetele lui; în sandbox nu "
    "este niciuna. Antrenează pe `lab.train_x` și `lab.train_y`, partea de date care este a ta.",
    "wrong_prediction_shape": "Predicțiile au fost {got}; s-a cerut {expected}. Întoarce câte un rând "
    "pentru fiecare intrare, cu câte un scor pentru fiecare clasă.",
    "predictions_not_finite": "Rânduri cu predicții care nu sunt numere (NaN sau infinit): {bad_rows}. De "
    "obicei ajută o rată de învățare mai mică, intrări scalate sau un logaritm numai din ceva peste zero.",
    "no_model_returned": "`train` a întors {got}, care nu poate prezice. Încheie cu `return model` sau "
    "definește `predict(model, x)`.",
    "out_of_memory": "Rularea a avut nevoie de mai mult decât memoria ei de {limit_bytes:size} (cel mai "
    "mult văzut: {peak_bytes:size}). Încearcă loturi mai mici sau un model mai mic.",
    "time_limit": "Rularea a fost oprită la limita ei de {limit_s:duration}. Fă fiecare pas mai ușor sau fă "
    "mai puțini.",
    "time_limit#training": "Antrenarea a fost oprită la limita ei de {limit_s:duration}, după {epochs} "
    "{epochs:epocă înregistrată|epoci înregistrate|de epoci înregistrate}. Antrenează mai puține epoci sau "
    "fă una mai ușoară. Ce s-a măsurat până acolo se păstrează.",
    "time_limit#evaluating": "Antrenarea se încheiase, dar predicția a fost oprită la limita ei de "
    "{limit_s:duration}. Prezi pe loturi, fără bucle peste rânduri luate unul câte unul.",
    "output_limit": "Rularea a afișat mai mult decât limita de {limit_bytes:size}. Afișează o dată pe "
    "epocă, nu o dată pe lot.",
    "too_large": "Fișierul trimis este mai mare decât limita de {limit_bytes:size}. Scoate din el datele și "
    "rezultatele păstrate.",
    "not_utf8": "Fișierul nu este text UTF-8. Salvează-l cu codificarea UTF-8 și trimite-l din nou.",
    "bad_notebook": "Notebook-ul nu poate fi citit: {message}. Salvează-l din nou în Jupyter și trimite-l.",
    "killed_by_sandbox": "Rularea a fost oprită de sandbox ({rule}). Predările nu au rețea, nu pot porni "
    "alte programe și au puține fișiere: lasă deoparte ce le caută.",
    "killed_by_sandbox#results": "Rularea s-a încheiat fără rezultate care să poată fi citite. Lasă în pace "
    "fluxurile standard și socketurile deschise și lasă `train` să întoarcă modelul.",
    "killed_by_sandbox#processes": "Rularea a vrut mai multe procese și fire de execuție decât cele {limit} "
    "permise. Pune `num_workers=0` la încărcarea datelor și nu porni procese.",
    "killed_by_sandbox#exit": "Codul a încheiat tot procesul (cod de ieșire {status}) înainte să dea un "
    "model. Lasă deoparte `exit()`, `quit()` și `os._exit()`.",
    "killed_by_sandbox#system_call": "Codul a cerut sistemului ceva ce predările nu au voie și a fost oprit "
    "({signal}). Nu există rețea și nu se poate porni niciun alt program.",
    "killed_by_sandbox#signal": "Procesul a fost încheiat de {signal}. Cel mai adesea este o cădere într-o "
    "bibliotecă: verifică formele și tipurile a ceea ce îi dai.",
    "notice.errored": "O defecțiune la noi a împiedicat notarea: nu te costă nicio încercare și se va uita "
    "un operator.",
    "notice.superseded": "O predare mai nouă de-a ta i-a luat locul la rând: nu te costă nicio încercare.",
    "notice.tried_again": "O defecțiune la noi a întrerupt-o: nu te costă nicio încercare și se încearcă "
    "din nou singură.",
}
