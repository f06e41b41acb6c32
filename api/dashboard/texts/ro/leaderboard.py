from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "leaderboard.title": "Clasament",
    "leaderboard.rank": "Loc",
    "leaderboard.error": "Eroare",
    "leaderboard.you": "tu",
    "leaderboard.own": "Ești pe locul {rank}, cu o eroare de {error:share}.",
    "leaderboard.somebody": "cineva",
    "leaderboard.empty": "Încă nu este nimeni.",
    "leaderboard.about_public": "După eroarea pe rânduri pe care nu le vede nimeni. Se schimbă numai când "
    "un rezultat este mai bun decât îl face întâmplarea, așa că predările repetate nu urcă.",
    "leaderboard.about_final": "După eroarea pe partea de test a predării care contează.",
}
