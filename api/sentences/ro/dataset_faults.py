from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "fault.dataset.at_row": "rândul {row}",
    "fault.dataset.at_cell": "rândul {row}, coloana {column}",
    "fault.dataset.at_column": "coloana {column}",
    "fault.dataset.file_too_large": "are {size} {size:octet|octeți|de octeți}; se primesc cel mult {most}",
    "fault.dataset.label_column_in_npz": "este pentru fișiere CSV; un .npz își are etichetele în tabloul y",
    "fault.dataset.label_column_missing": "trebuie să numească coloana cu etichetele",
    "fault.dataset.unknown_ending": "numele lui trebuie să se termine în .csv sau .npz",
    "fault.dataset.more": "încă {count} {count:greșeală ca acestea|greșeli ca acestea|de greșeli ca acestea}",
    "fault.dataset.not_finite": "trebuie să fie un număr finit pe 32 de biți, dar este {value}",
    "fault.dataset.class_count": (
        "{count} {count:etichetă diferită|etichete diferite|de etichete diferite} ({labels}); un set de date "
        "are între {least} și {most} {most:clasă|clase|de clase}"
    ),
    "fault.dataset.class_too_small": (
        "clasa {label} are {rows} {rows:rând|rânduri|de rânduri}; fiecare clasă are nevoie de {least}"
    ),
    "fault.dataset.label": "eticheta {wrong}",
    "fault.dataset.label_called": "eticheta {label} {wrong}",
    "fault.dataset.name_empty": "lipsește",
    "fault.dataset.name_too_long": (
        "are {count} {count:caracter|caractere|de caractere}; se primesc cel mult {most}"
    ),
    "fault.dataset.name_unprintable": "conține caractere care nu pot fi afișate",
    "fault.dataset.utf16": "este UTF-16; salvează-l ca CSV cu codificarea UTF-8",
    "fault.dataset.nul": "conține octeți NUL, deci nu este text CSV",
    "fault.dataset.not_utf8": "nu este UTF-8; salvează fișierul ca CSV cu codificarea UTF-8",
    "fault.dataset.separated": "coloanele sunt despărțite prin {separator}; salvează fișierul cu virgule",
    "fault.dataset.semicolons": "punct și virgulă",
    "fault.dataset.tabs": "tabulatori",
    "fault.dataset.bars": "bare verticale",
    "fault.dataset.line_too_long": (
        "are {count} {count:caracter|caractere|de caractere}; se primesc cel mult {most}"
    ),
    "fault.dataset.not_csv": "nu poate fi citit ca CSV: {said}",
    "fault.dataset.file_empty": "este gol",
    "fault.dataset.no_rows": "nu are rânduri sub antet",
    "fault.dataset.too_many_lines": (
        "mai mult de {most} {most:rând|rânduri|de rânduri} de date; mai multe nu se primesc"
    ),
    "fault.dataset.no_label_column": "nicio coloană nu se numește {label}; există {names}",
    "fault.dataset.no_header": (
        "nicio coloană nu se numește {label}; există {names}. Par a fi date: primul rând trebuie să numească "
        "coloanele"
    ),
    "fault.dataset.column_name": "numele coloanei {column} {wrong}",
    "fault.dataset.column_name_of_index": (
        "numele coloanei {column} {wrong}; cu to_csv(..., index=False), pandas nu mai scrie indexul"
    ),
    "fault.dataset.column_twice": "două coloane se numesc {name}",
    "fault.dataset.no_features": "{name} este singura coloană; nu există caracteristici",
    "fault.dataset.cells": (
        "are {count} {count:celulă|celule|de celule}, iar antetul are {columns} "
        "{columns:coloană|coloane|de coloane}"
    ),
    "fault.dataset.cells_empty": (
        "{count} {count:celulă este goală,|celule sunt goale, prima|de celule sunt goale, prima} în rândul "
        "{row}; lasă afară astfel de rânduri sau completează-le"
    ),
    "fault.dataset.not_number": "{cell} nu este un număr",
    "fault.dataset.not_number_but": "{cell} nu este un număr; scrie {better}",
    "fault.dataset.npz_damaged": "este deteriorat sau nu este un .npz: {said}",
    "fault.dataset.npz_too_short": "este prea scurt ca să fie un .npz",
    "fault.dataset.not_npz": "nu este un .npz cum îl scrie numpy (np.savez, np.savez_compressed)",
    "fault.dataset.too_many_arrays": "conține prea multe tablouri; se primesc cel mult {most}",
    "fault.dataset.arrays_twice": (
        "conține prea multe tablouri sau două cu același nume; se primesc cel mult {most}"
    ),
    "fault.dataset.no_array": "nu are tabloul {name}, ci {names}; scrie np.savez(file, x=x, y=y)",
    "fault.dataset.no_arrays": "nu are tabloul {name} și nici altceva; scrie np.savez(file, x=x, y=y)",
    "fault.dataset.too_large_unpacked": (
        "are {size} MiB despachetat; se primesc cel mult {most}. Salvează x ca float32 sau ca uint8, dacă "
        "valorile permit"
    ),
    "fault.dataset.packed_otherwise": "este criptat sau împachetat altfel decât scrie numpy",
    "fault.dataset.array_empty": "este gol: forma (shape) este {shape}, dtype este {dtype}",
    "fault.dataset.array_cut": "nu are atâția octeți câți cere forma lui (shape)",
    "fault.dataset.no_such_characters": "conține caractere care nu există",
    "fault.dataset.not_array": "nu este un tablou cum îl scrie numpy",
    "fault.dataset.not_plain": "nu este un tablou simplu de numere sau de texte, cu cel puțin o dimensiune",
    "fault.dataset.unknown_dtype": "are un dtype necunoscut, {dtype}",
    "fault.dataset.objects": (
        "conține obiecte Python (un pickle), care nu se încarcă niciodată; salvează numere sau "
        "texte cu dtype str"
    ),
    "fault.dataset.x_dtype": "are dtype {dtype}; trebuie să conțină numere reale",
    "fault.dataset.y_dtype": (
        "are dtype {dtype}; etichetele sunt numere întregi sau texte: y.astype('int64') sau y.astype(str)"
    ),
    "fault.dataset.names_dtype": "are dtype {dtype}; trebuie să conțină texte: np.array([...], dtype=str)",
    "fault.dataset.x_shape": (
        "are forma (shape) {shape}; trebuie să aibă rânduri și între 1 și {most} dimensiuni de caracteristici"
    ),
    "fault.dataset.y_shape": (
        "are forma (shape) {shape}; trebuie să aibă o singură dimensiune, câte o etichetă pe rând"
    ),
    "fault.dataset.names_shape": "are forma (shape) {shape}; trebuie să aibă o singură dimensiune",
    "fault.dataset.unequal": (
        "are {labels} {labels:etichetă|etichete|de etichete}, iar x are {rows} {rows:rând|rânduri|de rânduri}"
    ),
    "fault.dataset.too_many_rows": "are {count} {count:rând|rânduri|de rânduri}; se primesc cel mult {most}",
    "fault.dataset.too_many_values": (
        "are {count} {count:valoare|valori|de valori}; se primesc cel mult {most}"
    ),
    "fault.dataset.names_beside_text": "sunt pentru un y de numere întregi; y conține chiar numele",
    "fault.dataset.label_outside": "este {label}; cu {count} class_names, etichetele sunt de la 0 la {last}",
    "fault.dataset.feature_count": (
        "numește {count} {count:caracteristică|caracteristici|de caracteristici}, dar x are forma "
        "(shape) {shape}"
    ),
    "fault.dataset.name_twice": "are de două ori același nume",
    "fault.dataset.no_dataset": "nu există setul de date {name}",
    "fault.dataset.test_rows_of": "partea de test din {name}",
    "fault.dataset.part": "{name} {rows}",
    "fault.dataset.sum": "{first} + {next}",
    "fault.dataset.too_many_asked": (
        "se cer {asked} = {total} {total:rând|rânduri|de rânduri}; {source} are {rows}"
    ),
    "fault.dataset.too_many_asked_of_one": "rânduri cerute: {asked}; {source} are {rows}",
    "fault.dataset.part_too_small": (
        "{name} are {rows} {rows:rând|rânduri|de rânduri}, mai puține decât "
        "cele {classes} {classes:clasă|clase|de clase} din {source}"
    ),
    "fault.dataset.class_below_parts": (
        "clasa {label} din {source} are {rows} {rows:rând|rânduri|de rânduri}, mai puține decât "
        "cele {parts} {parts:parte|părți|de părți}"
    ),
    "fault.dataset.out_of_balance": (
        "Clasele nu sunt echilibrate: {largest} are {many} {many:rând|rânduri|de rânduri}, iar {smallest} "
        "are {few}. Cine ar răspunde mereu {largest} ar avea dreptate în {percent} % din rânduri."
    ),
    "fault.dataset.contradictions": (
        "{rows} {rows:rând repetă|rânduri repetă|de rânduri repetă} un rând dinainte, cu altă etichetă: "
        "niciun model nu le poate nimeri pe amândouă."
    ),
}
