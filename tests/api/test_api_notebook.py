import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.notebook import NotebookError, cell_of_line, flatten_notebook


def notebook(*cells):
    return json.dumps({"cells": list(cells), "nbformat": 4})


def code(source, *tags):
    return {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}}


def test_marked_cells_alone_are_taken():
    text = notebook(
        code("a = 1"),
        {"cell_type": "markdown", "source": "# b"},
        code("# labmark\nb = 2"),
        code("c = 3", "labmark"),
    )
    assert flatten_notebook(text).source == "# labmark\nb = 2\nc = 3\n"


def test_without_marks_all_code_cells_are_taken_and_lines_lead_back():
    flat = flatten_notebook(notebook(code(["a = 1\n", "b = 2"]), code("c = 3\nd = 4\n")))
    assert flat.source == "a = 1\nb = 2\nc = 3\nd = 4\n"
    assert [cell_of_line(list(flat.line_map), line) for line in (1, 2, 3, 4, 5)] == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
        None,
    ]


def test_magics_and_shell_lines_are_dropped_in_place():
    source = "%matplotlib inline\nif True:\n    !pip install x\nfiles = !ls\nx = 7 % 4\nhelp?\n"
    flat = flatten_notebook(notebook(code(source), code("%%time\ny = 1"), code("%%bash\nrm -rf x\n")))
    ast.parse(flat.source)
    assert flat.source.count("\n") == 6 + 2 + 2
    assert "x = 7 % 4" in flat.source
    assert "y = 1" in flat.source
    assert "rm" not in flat.source
    assert flat.dropped_lines[:2] == ("cell 1: %matplotlib inline", "cell 1: !pip install x")
    assert len(flat.dropped_lines) == 7


def test_python_that_looks_like_a_magic_is_kept():
    source = 'text = """\n%d\n!not a shell\n"""\n'
    assert flatten_notebook(notebook(code(source))).source == source


@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_any_json_is_read_or_refused(document):
    for text in (json.dumps(document), json.dumps({"cells": document}), json.dumps({"worksheets": document})):
        with pytest.raises(NotebookError):
            flatten_notebook(text)
