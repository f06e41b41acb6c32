"""Which submissions read as if one were copied from the other: a hint for a person, never points.

Source is reduced to symbols that a copier's edits leave alone (`worker.symbols`). Copydetect then compares
the symbols' fingerprints (k-grams, as in winnowing: Schleimer, Wilkerson and Aiken 2003, SIGMOD), to which
the order of functions means nothing.
"""

from __future__ import annotations

import io
import itertools
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from copydetect import CodeFingerprint, compare_files
from copydetect.utils import get_token_coverage

from worker.symbols import Symbols, TooLargeError, symbols_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A shared passage is at least this many symbols, about two lines.
PASSAGE_SYMBOLS = 12
# What fits into fewer, about ten lines, anyone would write.
LEAST_SHARED_SYMBOLS = 80
# A lab's solution is 50 lines; a file of the 1 MiB that may be handed in would cost all the others' time.
MAX_SOURCE_CHARACTERS = 262_144
MAX_SYMBOLS = 4_000
# Documents times the symbols of all: 300 copies of one solution of 60 lines are half of it.
MAX_WORK = 90_000_000
# Where a passage stands in many places of the other, as many of them are tried.
_MAX_PLACES = 16

SkipReason = Literal["too_large", "not_tokenized", "too_short", "too_much_work"]
Span = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Document:
    """One submission's Python. `line_map` leads from a notebook's flattened lines back to its cells; it is
    not compared, and goes with the document to whoever shows the pair.
    """

    submission_id: str
    user_id: str
    source: str
    line_map: Sequence[Sequence[int]] | None = None


@dataclass(frozen=True, kw_only=True)
class SimilarPair:
    """`share_first`: how much of the first document's own code (starter code left out) is in the second,
    0..1; `share_second` the other way round. `spans` say where, as (first_start_line, first_end_line,
    second_start_line, second_end_line), from 1, both ends included, in the order of the first document.
    """

    first: Document
    second: Document
    share_first: float
    share_second: float
    spans: tuple[Span, ...]


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A document that was compared with no other, and why.

    too_large: more characters, tokens or symbols than are compared; not_tokenized: not even Python's tokens;
    too_short: its own code is shorter than what can be told from chance; too_much_work: comparing it too
    would take too long, and it was among the longest.
    """

    document: Document
    reason: SkipReason


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`pairs` from most to least similar; of equal ones, in the order of the documents."""

    pairs: tuple[SimilarPair, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, kw_only=True)
class _Printed:
    """`own_until[i]`: where the own code that begins at symbol i ends; i itself when none begins there."""

    document: Document
    symbols: Symbols
    fingerprint: Any
    own_until: list[int]


def find_similar(
    *, documents: Sequence[Document], boilerplate: Sequence[str] = (), threshold: float = 0.8
) -> Comparison:
    """Pairs of different users' documents of which one holds `threshold` or more of the other's own code.

    Whatever is in `boilerplate` (the starter code of the assignment) is nobody's own. On this project's
    examples, copies that were renamed, reformatted and reordered share 0.96 or more, the solutions of one lab
    in different frameworks 0.62 or less, and one author's variants of one program up to 0.99. Raises
    ValueError for boilerplate that Python cannot tokenize: a mistake of whoever wrote the assignment.
    """
    given = _boilerplate_hashes(boilerplate)
    printed: list[_Printed] = []
    skipped: list[Skipped] = []
    for document in documents:
        outcome = _print_of(document, given)
        if isinstance(outcome, _Printed):
            printed.append(outcome)
        else:
            skipped.append(Skipped(document=document, reason=outcome))
    kept = _within_work(printed)
    skipped += [Skipped(document=one.document, reason="too_much_work") for one in printed if one not in kept]
    pairs = [
        pair
        for first, second in itertools.combinations(kept, 2)
        if first.document.user_id != second.document.user_id
        and (pair := _compare(first, second, threshold)) is not None
    ]
    pairs.sort(key=lambda pair: -max(pair.share_first, pair.share_second))
    return Comparison(pairs=tuple(pairs), skipped=tuple(skipped))


def _print_of(document: Document, given: set[int]) -> _Printed | SkipReason:
    if len(document.source) > MAX_SOURCE_CHARACTERS:
        return "too_large"
    try:
        symbols = symbols_of(document.source)
    except TooLargeError:
        return "too_large"
    except (tokenize.TokenError, SyntaxError, ValueError):
        return "not_tokenized"
    if len(symbols.text) > MAX_SYMBOLS:
        return "too_large"
    fingerprint = _fingerprint(symbols, given)
    if fingerprint.token_coverage < LEAST_SHARED_SYMBOLS:
        return "too_short"
    own_until = _own_until(fingerprint, len(symbols.text))
    return _Printed(document=document, symbols=symbols, fingerprint=fingerprint, own_until=own_until)


def _boilerplate_hashes(sources: Sequence[str]) -> set[int]:
    hashes: set[int] = set()
    for source in sources:
        try:
            symbols = symbols_of(source)
        except (TooLargeError, tokenize.TokenError, SyntaxError, ValueError) as error:
            raise ValueError(f"boilerplate cannot be read as Python: {error}") from error
        hashes |= _fingerprint(symbols, set()).hashes
    return hashes


def _fingerprint(symbols: Symbols, given: set[int]) -> Any:
    printed = CodeFingerprint("", PASSAGE_SYMBOLS, win_size=1, filter=False, fp=io.StringIO(symbols.text))
    # Copydetect 0.5.0 takes boilerplate away itself, but with it one of each k-gram that stands twice.
    printed.hashes -= given
    printed.hash_idx = {found: places for found, places in printed.hash_idx.items() if found not in given}
    printed.token_coverage = get_token_coverage(printed.hash_idx, PASSAGE_SYMBOLS, len(symbols.text))
    return printed


def _within_work(printed: list[_Printed]) -> list[_Printed]:
    """As many as can be compared each with each, the shortest first, in the order given."""
    total = 0
    kept: set[int] = set()
    for count, index in enumerate(sorted(range(len(printed)), key=lambda i: len(printed[i].symbols.text)), 1):
        total += len(printed[index].symbols.text)
        if count * total > MAX_WORK:
            break
        kept.add(index)
    return [one for index, one in enumerate(printed) if index in kept]


def _compare(first: _Printed, second: _Printed, threshold: float) -> SimilarPair | None:
    if first.fingerprint.hashes.isdisjoint(second.fingerprint.hashes):
        return None
    shared, (share_first, share_second), _ = compare_files(first.fingerprint, second.fingerprint)
    # One line that the first repeats a hundred times is one line of the second.
    if min(shared, share_second * second.fingerprint.token_coverage) < LEAST_SHARED_SYMBOLS:
        return None
    if max(share_first, share_second) < threshold:
        return None
    return SimilarPair(
        first=first.document,
        second=second.document,
        share_first=float(share_first),
        share_second=float(share_second),
        spans=tuple(_joined(_spans(first, second))),
    )


def _own_until(fingerprint: Any, length: int) -> list[int]:
    starts = {int(place) for places in fingerprint.hash_idx.values() for place in places}
    until = list(range(length))
    for start in reversed(range(length)):
        if start in starts:
            goes_on = start + 1 in starts
            until[start] = until[start + 1] if goes_on else start + PASSAGE_SYMBOLS
    return until


def _spans(first: _Printed, second: _Printed) -> Iterator[Span]:
    """Copydetect says what of each document is shared, not with which part of the other: look it up."""
    mine, theirs = first.symbols, second.symbols
    start = 0
    while start < len(mine.text):
        # Its k-grams are hashed so. A collision of hashes, or of symbols, is a run of less than a passage.
        passage = mine.text[start : start + PASSAGE_SYMBOLS]
        places = second.fingerprint.hash_idx.get(hash(passage), ())[:_MAX_PLACES]
        runs = [(_run(first, start, second, int(place)), -int(place)) for place in places]
        length, place = max(runs, default=(0, 0))
        if length < PASSAGE_SYMBOLS:
            start += 1
            continue
        yield (
            mine.first_lines[start],
            mine.last_lines[start + length - 1],
            theirs.first_lines[-place],
            theirs.last_lines[-place + length - 1],
        )
        start += length


def _run(first: _Printed, start: int, second: _Printed, place: int) -> int:
    """How many symbols from there on are the same and their own, by bisection: runs can be long.

    The same symbols are starter code in both or in neither, so the first document's bounds are enough.
    """
    mine, theirs = first.symbols.text, second.symbols.text
    same, limit = 0, first.own_until[start] - start
    while same < limit:
        middle = (same + limit + 1) // 2
        if mine[start + same : start + middle] == theirs[place + same : place + middle]:
            same = middle
        else:
            limit = middle - 1
    return same


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """Spans that go on, in both documents, where the one before ended are one."""
    last: Span | None = None
    for span in spans:
        if last is None:
            last = span
        elif span[0] <= last[1] + 1 and last[2] <= span[2] <= last[3] + 1:
            last = (last[0], max(last[1], span[1]), last[2], max(last[3], span[3]))
        else:
            yield last
            last = span
    if last is not None:
        yield last
