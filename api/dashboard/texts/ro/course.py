from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "course.assignment": "Temă",
    "course.due": "Termen",
    "course.students": "Studenți",
    "course.handed_in": "Predări",
    "course.graded": "Notate",
    "course.under_way": "În lucru",
    "course.attention": "De verificat",
    "course.attempts": "Încercări",
    "course.best_points": "Cele mai multe puncte",
    "course.over": "(depășit)",
    "course.no_date": "fără termen",
    "course.students_of": "{count} din {of}",
    "course.empty": "Acest curs nu are încă teme.",
}
