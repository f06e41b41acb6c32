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
}
