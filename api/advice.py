"""What to try, made anew from the report and the source whenever somebody reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.messages import render_code
from api.notebook import cell_of_line
from api.schemas_feedback import AdviceOut
from graders.advice import advise

if TYPE_CHECKING:
    from api.language import Language
    from api.source import Source
    from graders.report import Report

_MOST_COLUMNS: Final = 300


def advice_out(report: Report, file: Source, language: Language = "en") -> list[AdviceOut]:
    """`report`: as its reader may see it. Lines of a notebook are counted in their cells."""
    # Python counts lines by \n alone.
    lines = file.source.replace("\r\n", "\n").split("\n")
    found = []
    for advice in advise(report, file.source, file.line_map):
        line, cell, text = advice.line, None, ""
        if line is not None:
            text = lines[line - 1][:_MOST_COLUMNS].strip() if line <= len(lines) else ""
            place = cell_of_line(file.line_map, line)
            cell, line = place or (None, line)
        sentence = render_code(advice.code, advice.parameters, language)
        found.append(AdviceOut(code=advice.code, sentence=sentence, line=line, cell=cell, text=text))
    return found
