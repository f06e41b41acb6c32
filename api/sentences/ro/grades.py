from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "grade.only": "O singură predare are un rezultat, și ea contează.",
    "grade.best": "Predări cu rezultat: {of}; contează cea mai bună dintre ele, după scăderea pentru "
    "întârziere.",
    "grade.last": "Predări cu rezultat: {of}; contează ultima.",
    "grade.chosen": "Contează predarea aleasă. Predări cu rezultat: {of}.",
    "grade.not_chosen_yet": "Încă nu a fost aleasă nicio predare; până atunci contează cea mai bună din "
    "{of}.",
    "grade.chosen_does_not_count": "Predarea aleasă nu are rezultat; până are, contează cea mai bună din "
    "{of}.",
    "grade.nothing_counts": "Nicio predare nu are încă un rezultat (predate: {of}), deci nu există o notă.",
    "grade.nothing_handed_in": "Nu s-a predat nimic, deci nu există o notă.",
    "grade.extended": "O amânare a mutat termenul cu {days:number} {days:zi|zile|de zile}.",
    "grade.late": "Predat cu întârziere; zile începute după termen: {days}. Ele scad {percent:number} %, "
    "adică {taken:points} {taken:punct|puncte|de puncte}.",
    "grade.after_cut_off": "Predat la mai mult de {cut_off_days:number} {cut_off_days:zi|zile|de zile} după "
    "termen, când nu se mai dă nimic: se scad toate cele {taken:points} {taken:punct|puncte|de puncte}.",
    "grade.late_costs_nothing": "Predat cu întârziere, ceea ce aici nu costă nimic; zile începute după "
    "termen: {days}.",
    "grade.overridden": "O persoană de la curs a dat {points:points} {points:punct|puncte|de puncte} în "
    "locul celor calculate, {computed:points}.",
    "grade.given_without_report": "O persoană de la curs a dat {points:points} {points:punct|puncte|de "
    "puncte}; nu a fost calculat niciunul.",
    "grade.provisional": "Criteriile care nu se arată încă nu intră în această notă.",
}
