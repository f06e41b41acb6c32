from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "frame.skip": "Salt la conținut",
    "frame.site": "Site",
    "frame.here": "Te afli aici",
    "frame.courses": "Cursuri",
    "frame.queue": "Coadă",
    "frame.settings": "Setări",
    "frame.people": "Persoane",
    "frame.audit": "Jurnal",
    "frame.sign_in": "Autentificare",
    "frame.sign_out": "Ieșire",
    "frame.times": "Labmark. Orele sunt UTC.",
    "frame.pages": "Pagini",
    "frame.previous": "Înapoi",
    "frame.next": "Înainte",
    "frame.shown_of": "{first}–{last} din {count}",
    "frame.of_points": "{points:points} din {of:points}",
    "frame.to_courses": "La cursurile tale",
    "frame.code": "Cod: {code}",
    "frame.cancel": "Anulează",
    "frame.save": "Salvează",
    "frame.staff_only": "Studenții nu văd acest lucru.",
    "frame.figures": "Valorile",
    "frame.seconds": "{count} s",
    "frame.minutes": "{count} min",
    "frame.hours": "{count} h",
    "frame.days": "{count} {count:zi|zile|de zile}",
    "frame.ago": "acum {time}",
    "frame.in": "peste {time}",
}
