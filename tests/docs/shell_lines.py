"""Commands as the pages have them, one by one, without what stands around them."""

from __future__ import annotations

import re
import shlex

OURS = ("labmark", "labmark-server", "make")
_END = {"|", "&&", "||", ";", ">", "<", ">>", "2>", "&"}
_INTO_A_CONTAINER = re.compile(r"^docker compose (?:exec|run)(?: -T| --rm| --no-deps)* [\w-]+ ")


def typed(block):
    """What a reader types: of a session in a terminal the lines with a prompt, of other shell all."""
    if block.language != "console":
        return block.text
    return "\n".join(line for line in block.text.split("\n") if line.startswith("$ "))


def commands(text):
    """Lists of words: each command of a block of shell, continued lines joined, comments and prompts dropped."""
    text = re.sub(r"\$\([^()]*\)", "what-it-prints", text.replace("\\\n", " "))
    for line in text.split("\n"):
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        lexer.commenters = "#"
        words = []
        for word in [*lexer, ";"]:
            if word in _END:
                yield from _command(words)
                words = []
            else:
                words.append(word)


def _command(words):
    words = _without_assignments(words)
    inside = _INTO_A_CONTAINER.match(" ".join(words) + " ")
    if inside:
        words = words[len(inside[0].split()) :]
    words = [word for word in words if word not in {"sudo", "nice"}]
    if words:
        yield [words[0].removeprefix(".venv/bin/"), *words[1:]]


def _without_assignments(words):
    while words and (re.match(r"^[A-Z_][A-Z0-9_]*=", words[0]) or words[0] == "export"):
        words = words[1:]
    return words
