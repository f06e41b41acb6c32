"""Help in the reader's language: what Typer itself writes into it, which knows English alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from typer.core import TyperCommand, TyperGroup

from client.messages import CATALOGS, language, say

if TYPE_CHECKING:
    from collections.abc import MutableSequence


def in_words_of_the_reader(written: MutableSequence[str]) -> None:
    """Headings and remarks of Typer, in place; each as it stands in its formatter's buffer."""
    ours = {name: said for name, said in CATALOGS[language()].items() if name.startswith("typer.")}
    for place, text in enumerate(written):
        for name, said in ours.items():
            text = text.replace(CATALOGS["en"][name], said)  # noqa: PLW2901 - one after another
        written[place] = text


_OF_TYPER: Final = ("install_completion", "show_completion")


class Command(TyperCommand):
    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        in_words_of_the_reader(formatter.buffer)


class Group(TyperGroup):
    def format_help(self, ctx: Any, formatter: Any) -> None:
        for parameter in self.get_params(ctx):
            if parameter.name in _OF_TYPER:
                parameter.help = say(f"option.{parameter.name}")  # type: ignore[attr-defined] # an option
        super().format_help(ctx, formatter)
        in_words_of_the_reader(formatter.buffer)
