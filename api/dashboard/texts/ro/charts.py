from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "charts.scatter_title_error": "Eroarea de antrenare față de eroarea de validare",
    "charts.scatter_title_loss": "Pierderea de antrenare față de pierderea de validare",
    "charts.scatter_dots": "Câte un punct pentru fiecare student cu un model antrenat: {told}.",
    "charts.scatter_regions_error": "Deasupra liniei întrerupte, eroarea de validare depășește eroarea de "
    "antrenare cu mai mult de {limit}: supraînvățare. Sub ea și la dreapta unei erori de antrenare de "
    "{target}: subînvățare. Un punct atât de aproape de o limită încât poate decide întâmplarea este arătat "
    "ca nedecis.",
    "charts.scatter_regions_loss": "Deasupra liniei întrerupte, pierderea de validare depășește pierderea "
    "de antrenare cu mai mult de {limit}: supraînvățare. Sub ea și la dreapta unei pierderi de antrenare de "
    "{target}: subînvățare. Un punct atât de aproape de o limită încât poate decide întâmplarea este arătat "
    "ca nedecis.",
    "charts.square_root": "Axele sunt întinse spre zero (rădăcină pătrată).",
    "charts.scatter_hover": "antrenare {training}, validare {validation}",
    "charts.training_error_axis": "Eroare de antrenare, %",
    "charts.validation_error_axis": "Eroare de validare, %",
    "charts.training_loss_axis": "Pierdere de antrenare, nați",
    "charts.validation_loss_axis": "Pierdere de validare, nați",
    "charts.gap_limit": "diferență peste {limit}",
    "charts.curve_title": "Eroarea de antrenare și de validare pe epoci",
    "charts.curve_summary": "De la epoca {first} la epoca {last}, eroarea de antrenare trece de la "
    "{training_first:share} la {training_last:share}, iar eroarea de validare de la "
    "{validation_first:share} la {validation_last:share}; cea mai mică eroare de validare este "
    "{least:share}, la epoca {best}.",
    "charts.training": "eroare de antrenare",
    "charts.validation": "eroare de validare",
    "charts.least": "cea mai mică eroare de validare, epoca {epoch}",
    "charts.epoch": "Epocă",
    "charts.training_column": "Eroare de antrenare",
    "charts.validation_column": "Eroare de validare",
    "charts.first_epoch": "Prima epocă s-a încheiat; pentru o linie e nevoie de două.",
    "charts.repeat_of": "Repetarea {repeat} din {repeats}; fiecare punct este media repetărilor care au "
    "ajuns la el.",
    "charts.scores_title": "Distribuția punctelor",
    "charts.scores_description": "Punctele care contează pentru {count} {count:student|studenți|de "
    "studenți}, în zece intervale. Cel mai plin este {low:points}–{high:points}, cu {most} "
    "{most:student|studenți|de studenți}.",
    "charts.scores_hover": "{range} puncte: {count} {count:student|studenți|de studenți}",
    "charts.scores_axis": "Puncte",
    "charts.students_axis": "Studenți",
    "charts.pass_title": "Verdicte pe criterii",
    "charts.pass_description": "Partea din {count} {count:student|studenți|de studenți} cu fiecare verdict. "
    "Cel mai greu este {name}: îl îndeplinesc {share:share}.",
    "charts.pass_hover": "{name}, {verdict}: {count} {count:student|studenți|de studenți} ({share:share})",
    "charts.share_axis": "Partea din studenți, %",
    "charts.confusion_none": "Toate rândurile au fost prezise corect.",
    "charts.confused_pair": "{truth} luat drept {predicted} ({count})",
    "charts.confusion_most": "Cel mai des: {told}.",
    "charts.curve_onset": "După epoca {epoch} modelul supraînvață: eroarea de validare crește, în timp ce "
    "eroarea de antrenare mai scade.",
    "charts.onset": "supraînvățarea începe după epoca {epoch}",
    "charts.keys": "Cu tastatura: săgețile trec de la un punct la altul, Enter deschide predarea.",
    "charts.keys_bars": "De la tastatură: săgețile trec de la o bară la alta.",
    "charts.table_below": "Tabelul studenților de mai jos are aceleași valori.",
}
