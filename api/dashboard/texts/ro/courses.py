from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "courses.assignments": "{count} {count:temă|teme|de teme}",
    "courses.students": "{count} {count:student|studenți|de studenți}",
    "courses.you_are": "ești {role}",
    "courses.handed_in": "predări",
    "courses.graded": "notate",
    "courses.under_way": "în lucru",
    "courses.attention": "de verificat",
    "courses.next_due": "Următorul termen: {when}",
    "courses.none": "Nu ești înscris încă la niciun curs. Cere-le celor care țin cursul să te adauge.",
    "courses.newest": "Cele mai noi din cursurile tale",
    "courses.own": "Predările tale",
    "courses.new": "Curs nou",
    "courses.about_new": "Un curs gol. Pe pagina următoare adaugi persoanele; cadrele didactice fac apoi "
    "temele.",
    "courses.title": "Titlu",
    "courses.slug": "Nume scurt, în adrese",
    "courses.about_slug": "Litere mici, cifre și liniuțe, de exemplu ml-2026. Nu se mai schimbă.",
    "courses.open": "Deschide cursul",
    "courses.taken": "Alt curs are acest nume scurt; alege altul.",
    "courses.wrong_title": "Titlu: scrie între 1 și 200 de caractere.",
    "courses.wrong_slug": "Nume scurt: între 1 și 64 de litere mici și cifre, cu câte o liniuță între ele.",
}
