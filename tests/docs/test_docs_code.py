"""Python in the pages runs: what defines `train(lab)` in the real jail, graded; the rest as it stands."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
import yaml
from doc_pages import DOCS, GENERATED, ROOT, blocks, blocks_of

from benchmarks.mistakes import run_source
from graders.labs import LABS
from graders.spec_document import read_spec
from graders.spec_warnings import spec_warnings
from store.dataset_files import BUILT_IN_FACTS, check_split
from worker.datasets.fetch import fetch
from worker.material import Materials

PYTHON = blocks("python")
# Of a diagram, of output, of a file that is shown.
KNOWN = {"", "text", "python", "sh", "console", "yaml", "json", "toml", "ini", "html"}


def is_submission(block):
    functions = [node.name for node in ast.parse(block.text).body if isinstance(node, ast.FunctionDef)]
    return "train" in functions


SUBMISSIONS = [block for block in PYTHON if is_submission(block)]
PLAIN = [block for block in PYTHON if not is_submission(block)]


def by_place(block):
    return block.place


@pytest.fixture(scope="session")
def materials():
    fetch(ROOT / "var")
    return Materials(ROOT / "var")


@pytest.mark.parametrize("block", SUBMISSIONS, ids=by_place)
def test_a_submission_of_a_page_is_trained_and_graded(block, runner_socket, materials):
    spec = LABS["iris-multi-layer"].model_copy(update={"repeats": 1})
    report = run_source(block.text, spec, name="a page", runner_socket=runner_socket, materials=materials)
    assert report.failure is None, (report.failure, block.place)
    assert report.points >= (85 if block.page.stem == "students" else 50), (block.place, report.points)


@pytest.mark.parametrize("block", PLAIN, ids=by_place)
def test_other_python_of_a_page_runs(block, tmp_path):
    told = subprocess.run([sys.executable, "-"], check=False, input=block.text, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, (block.place, told.stderr)


def test_there_is_python_to_run():
    assert len(SUBMISSIONS) >= 4
    imported = "\n".join(block.text for block in SUBMISSIONS)
    for framework in ("import torch", "import lightning", "import tensorflow", "import keras"):
        assert framework in imported


@pytest.mark.parametrize("block", blocks("yaml"), ids=by_place)
def test_yaml_of_a_page_is_what_it_is_given_for(block):
    """An assignment could be published; anything else can at least be read."""
    read = yaml.safe_load(block.text)
    if "criteria" not in read:
        assert isinstance(read, dict)
        return
    spec = read_spec(block.text, form="yaml")
    assert spec_warnings(spec) == []
    if spec.dataset in BUILT_IN_FACTS:
        assert check_split(spec, BUILT_IN_FACTS[spec.dataset]) == []


def test_documents_of_the_reference_could_be_published(contract):
    bodies = [o.get("requestBody", {}).get("content", {}) for ms in contract["paths"].values() for o in ms.values()]
    documents = [content["application/yaml"]["example"] for content in bodies if "application/yaml" in content]
    assert len(documents) >= 4
    for document in documents:
        spec = read_spec(yaml.safe_dump(document), form="yaml")
        assert check_split(spec, BUILT_IN_FACTS[spec.dataset]) == []


def test_each_block_says_what_it_is():
    pages = sorted(path for path in DOCS.rglob("*.md") if "building" not in path.parts)
    odd = [block.place for page in pages for block in blocks_of(page) if block.language not in KNOWN]
    assert odd == []


def test_no_block_is_left_out_without_a_reason_but_those_of_the_mistakes():
    text = GENERATED.read_text()
    assert "tests/mistakes" in text.split("\n## ", 1)[0]
    left_out = [b for page in DOCS.rglob("*.md") for b in blocks_of(page) if b.not_run]
    assert len(left_out) <= 5, [(b.place, b.not_run) for b in left_out]
