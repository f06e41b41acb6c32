"""What is wrong with a data set: the English stands where it is found, for log lines say it too."""

from __future__ import annotations

from typing import Final

from store.dataset_sentences import ENGLISH

SENTENCES: Final[dict[str, str]] = {f"fault.dataset.{code}": text for code, text in ENGLISH.items()}
