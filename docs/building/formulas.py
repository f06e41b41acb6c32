"""Formulas as MathML, which browsers draw by themselves: no script, no font, nothing to load.

In a page a formula stands between dollars, as GitHub takes it too: one in a line, two around one of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from latex2mathml.converter import convert

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


def _in_a_line(writer: HTML5Translator, node: nodes.Element) -> None:
    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _alone(writer: HTML5Translator, node: nodes.Element) -> None:
    writer.body.append(f'<div class="formula">{convert(node.astext(), display="block")}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx for an extension of its own; the setting `html_math_renderer` names what is added."""
    app.add_html_math_renderer("mathml", (_in_a_line, None), (_alone, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
