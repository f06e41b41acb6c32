"""Submissions that read as if one were copied from the other."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "similarity.title": "Similarity",
    "similarity.about": "Pairs of students whose newest code shares passages. It is a hint for a person, who "
    "looks at both: names, layout and order do not hide a copy, and two honest solutions may be alike.",
    "similarity.check": "Compare the newest submissions",
    "similarity.under_way": "A check is under way: {state}",
    "similarity.threshold": "List pairs that share at least, in %",
    "similarity.threshold_hint": "Of the own code of one of the two; 80 is a good beginning.",
    "similarity.wrong_threshold": "Write a number above 0 and at most 100.",
    "similarity.boilerplate": "Code that everybody was given (may be left out)",
    "similarity.boilerplate_hint": "It counts as nobody's own. The service's own starters are always left "
    "out.",
    "similarity.start": "Compare",
    "similarity.pairs": "{count} {count:pair|pairs}",
    "similarity.checked": "Compared {when}: {count} {count:submission|submissions}, pairs that share "
    "{threshold:share} or more.",
    "similarity.pair": "Pair",
    "similarity.pair_title": "{first} and {second}",
    "similarity.of_first": "Of the first",
    "similarity.of_second": "Of the second",
    "similarity.passages": "Shared passages",
    "similarity.more": "{count} more {count:pair is|pairs are} not shown. Compare again with a higher share.",
    "similarity.no_pairs": "No two share so much.",
    "similarity.skipped": "Not compared ({count})",
    "similarity.skipped_too_large": "too large",
    "similarity.skipped_not_tokenized": "not readable as Python",
    "similarity.skipped_too_short": "too short to tell from chance",
    "similarity.skipped_too_much_work": "among the longest, when there was too much to compare",
    "similarity.pair_about": "{count} shared {count:passage|passages}, marked in both and numbered. A number "
    "leads to the same passage in the other code.",
    "similarity.code_of": "Code of {student}",
    "similarity.share_in_other": "{share:share} of its own code stands in the other",
    "similarity.passage_in_other": "Passage {number}: see it in the other code",
    "similarity.pairs_nav": "Pairs",
    "similarity.previous_pair": "More alike",
    "similarity.next_pair": "Less alike",
    "similarity.arrow_keys": "The arrow keys ← and → lead to the neighbouring pairs, too.",
    "similarity.all_pairs": "All pairs",
}
