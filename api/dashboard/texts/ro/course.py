from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "course.assignment": "Temă",
    "course.due": "Termen",
    "course.handed_in": "Predări",
    "course.graded": "Notate",
    "course.no_date": "fără termen",
    "course.students_of": "{count} din {of}",
    "course.empty": "Acest curs nu are încă teme.",
    "course.assignments": "Teme",
    "course.scores": "Punctaje",
    "course.diagnoses": "Diagnostice",
    "course.submissions": "{count} {count:predare|predări|de predări}",
    "course.in_progress": "{count} în lucru",
    "course.to_look_at": "{count} de verificat",
    "course.mean": "media {mean:points} din {of:points}",
    "course.needs_attention": "De verificat",
    "course.all_well": "Nimic stricat, nimic blocat, nimic semnalat.",
    "course.activity": "Ultimele 24 de ore",
    "course.handed_in_today": "{count:predare|predări|de predări}",
    "course.activity_summary": "{count} {count:predare|predări|de predări} în ultimele {hours} de ore, oră "
    "de oră.",
    "course.hour": "Ora (UTC)",
    "course.extended": "amânat pentru tine",
    "course.share_of_points": "Partea din puncte",
    "course.own_attempts": "{count} {count:predare|predări|de predări}",
    "course.scores_summary": "Cele mai bune punctaje, {count} {count:student|studenți|de studenți}: media "
    "{mean} din {of:points}. De la puține puncte, în stânga, la toate, în dreapta.",
}
