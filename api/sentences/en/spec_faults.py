"""What is wrong with a specification: the English stands where it is found, for command lines say it too."""

from __future__ import annotations

from typing import Final

from graders.spec_sentences import ENGLISH

SENTENCES: Final[dict[str, str]] = {f"fault.spec.{code}": text for code, text in ENGLISH.items()}
