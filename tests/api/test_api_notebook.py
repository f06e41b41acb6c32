import ast
import json
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.notebook import NotebookError, cell_of_line, flatten_exported, flatten_notebook
from api.source import read_source


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


FOLDER = Path(__file__).resolve().parents[1] / "notebooks"


@pytest.mark.parametrize("name", ["marked", "original"])
def test_a_notebook_and_its_export_are_one_source(name):
    """Exported by nbconvert 7.17.2, with its magics, shell lines, cells in other languages, texts and plots."""
    read = [
        read_source(filename=path.name, content=path.read_bytes(), max_notebook_bytes=2**20)
        for path in (FOLDER / f"{name}.ipynb", FOLDER / f"{name}.py")
    ]
    notebook, exported = [(file.source, file.line_map, file.dropped_lines, file.kind) for file in read]
    assert notebook == exported
    assert notebook[3] == "notebook"
    ast.parse(notebook[0])


def exported(*cells):
    return "#!/usr/bin/env python\n# coding: utf-8\n\n" + "".join(f"# In[{n}]:\n\n\n{cell}\n\n\n" for n, cell in enumerate(cells))


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("get_ipython().run_line_magic('matplotlib', 'inline')", "%matplotlib inline"),
        ("get_ipython().run_line_magic('pinfo', 'plt.plot')", "plt.plot?"),
        ("get_ipython().system('pip install \"a b\"')", '!pip install "a b"'),
        ("files = get_ipython().getoutput('ls -l')", "files = !ls -l"),
    ],
)
def test_calls_of_an_export_are_magics_again(line, gone):
    flat = flatten_exported(exported(line, "a = 1"))
    assert flat.dropped_lines == (f"cell 1: {gone}",)
    assert flat.source == "pass  # dropped by Labmark\na = 1\n"


def test_python_that_an_export_has_put_into_a_string_is_run():
    flat = flatten_exported(exported("get_ipython().run_cell_magic('time', '', 'y = 1\\nz = 2\\n')"))
    assert flat.source == "pass  # dropped by Labmark\ny = 1\nz = 2\n"


@pytest.mark.parametrize("line", ["get_ipython().system(1, 2, 3)", "get_ipython().run_cell_magic(x)", "get_ipython().kernel.stop()"])
def test_other_calls_stay_as_they_are(line):
    assert flatten_exported(exported(line)).source == f"{line}\n"


def test_what_was_written_above_an_export_is_part_of_it():
    flat = flatten_exported("import torch\n" + exported("a = 1"))
    assert [line for line in flat.source.split("\n") if not line.startswith("#")] == ["import torch", "a = 1", ""]
    assert [cell for cell, *_ in flat.line_map] == [1, 2]


def test_a_python_file_without_cells_is_none():
    text = "# In short: [1]\nx = 1\n"
    file = read_source(filename="a.py", content=text.encode(), max_notebook_bytes=2**20)
    assert (file.kind, file.source, file.line_map) == ("py", text, None)


def test_pictures_and_other_outputs_are_not_read():
    picture = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo" + "A" * 6_000_000}, "metadata": {}}
    cell = {**code("# labmark\na = 1"), "outputs": [picture]}
    assert flatten_notebook(notebook(cell)).source == "# labmark\na = 1\n"


@pytest.mark.parametrize(
    "bomb",
    [
        '{"cells": [' + "[]," * 300_000 + "[]]}",
        '{"cells": [' + ",".join(["1"] * 400_000) + "]}",
        '{"cells": [{"cell_type": "code", "source": "a = 1", "outputs": [' + ",".join(["{}"] * 150_000) + "]}]}",
    ],
)
def test_a_small_file_that_becomes_large_is_refused_before_it_is_read(bomb):
    tracemalloc.start()
    try:
        with pytest.raises(NotebookError, match="too_much"):
            flatten_notebook(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_nesting_without_end_is_refused():
    with pytest.raises(NotebookError):
        flatten_notebook("[" * 150_000)


def test_cells_say_whether_they_are_marked():
    assert [marked for *_, marked in flatten_notebook(notebook(code("a = 1"), code("b = 1"))).line_map] == [False, False]
    flat = flatten_notebook(notebook(code("a = 1"), code("b = 1", "labmark"), code("# labmark\nc = 1")))
    assert [(cell, marked) for cell, _, _, marked in flat.line_map] == [(2, True), (3, True)]
    # As it was stored before.
    assert cell_of_line([[1, 1, 2], [2, 3, 1]], 3) == (2, 1)


@pytest.mark.parametrize(
    "line",
    [" " * 900_000, "a " * 450_000, "a." * 450_000, "get_ipython().system(" + "(" * 800_000, "get_ipython().system(" + "-" * 90_000 + "1)"],
)
def test_no_line_takes_long(line):
    started = time.monotonic()
    for text in (notebook(code(f"{line}\n%magic")), exported(line, "a = 1")):
        (flatten_notebook if text.startswith("{") else flatten_exported)(text)
    assert time.monotonic() - started < 5
