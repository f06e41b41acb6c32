from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "similarity.title": "Asemănări",
    "similarity.about": "Perechi de studenți al căror cod cel mai nou are fragmente comune. Este un indiciu "
    "pentru o persoană, care se uită la amândouă: numele, așezarea și ordinea nu ascund o copie, iar două "
    "soluții cinstite pot semăna.",
    "similarity.check": "Compară cele mai noi predări",
    "similarity.under_way": "O verificare este în lucru: {state}",
    "similarity.threshold": "Arată perechile care au în comun cel puțin, în %",
    "similarity.threshold_hint": "Din codul propriu al unuia dintre cei doi; 80 este un bun început.",
    "similarity.wrong_threshold": "Scrie un număr mai mare decât 0 și cel mult 100.",
    "similarity.boilerplate": "Cod dat tuturor (poate lipsi)",
    "similarity.boilerplate_hint": "Nu se socotește al nimănui. Codul de pornire al serviciului este lăsat "
    "mereu deoparte.",
    "similarity.start": "Compară",
    "similarity.pairs": "{count} {count:pereche|perechi|de perechi}",
    "similarity.checked": "Comparate {when}: {count} {count:predare|predări|de predări}, perechi care au în "
    "comun {threshold:share} sau mai mult.",
    "similarity.pair": "Pereche",
    "similarity.pair_title": "{first} și {second}",
    "similarity.of_first": "Din prima",
    "similarity.of_second": "Din a doua",
    "similarity.passages": "Fragmente comune",
    "similarity.more": "Încă {count} {count:pereche nu este arătată|perechi nu sunt arătate|de perechi nu "
    "sunt arătate}. Compară din nou cu o parte mai mare.",
    "similarity.no_pairs": "Nu există două care să aibă atât de mult în comun.",
    "similarity.skipped": "Necomparate ({count})",
    "similarity.skipped_too_large": "prea mare",
    "similarity.skipped_not_tokenized": "nu poate fi citit ca Python",
    "similarity.skipped_too_short": "prea scurt ca să poată fi deosebit de o întâmplare",
    "similarity.skipped_too_much_work": "printre cele mai lungi, când era prea mult de comparat",
    "similarity.pair_about": "{count} {count:fragment comun|fragmente comune|de fragmente comune}, marcate "
    "și numerotate în amândouă. Un număr duce la același fragment din celălalt cod.",
    "similarity.code_of": "Codul lui {student}",
    "similarity.share_in_other": "{share:share} din codul propriu se află în celălalt",
    "similarity.passage_in_other": "Fragmentul {number}: vezi-l în celălalt cod",
    "similarity.pairs_nav": "Perechi",
    "similarity.previous_pair": "Mai asemănătoare",
    "similarity.next_pair": "Mai puțin asemănătoare",
    "similarity.arrow_keys": "Și tastele ← și → duc la perechile vecine.",
    "similarity.all_pairs": "Toate perechile",
}
