"""Names in the pages are names in the code: files, settings, codes of failures, flags, figures."""

from __future__ import annotations

import re

from doc_pages import DOCS, PAGES, ROOT, inline_code

from api.dashboard.texts import CATALOGS
from api.errors import PROBLEMS
from api.sentences import SENTENCES
from store.settings import Settings
from worker.sandbox.selftest import REMEDIES

PATH = re.compile(r"^(?:api|client|deploy|docs|examples|graders|server|store|tests|worker|benchmarks)/[\w./-]+$")
OF_THE_CLIENT = {"LABMARK_SERVER", "LABMARK_TOKEN", "LABMARK_LANG", "LABMARK_CONFIG_DIR"}


def test_every_file_that_is_named_is_there():
    named = [(place, code) for place, code in inline_code() if PATH.match(code)]
    assert len(named) >= 20
    assert [(place, code) for place, code in named if not (ROOT / code).exists()] == []


def test_every_setting_that_is_named_exists():
    known = {f"LABMARK_{name.upper()}" for name in Settings.model_fields}
    named_in = [ROOT / "docker-compose.yml", ROOT / ".env.example", ROOT / "Makefile"]
    named_in += [path for folder in ("server", "store", "worker", "client", "deploy", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    elsewhere = "\n".join(path.read_text() for path in named_in)
    for page in PAGES:
        for name in re.findall(r"\bLABMARK_[A-Z0-9_]*[A-Z0-9]\b", page.read_text()):
            assert name in known | OF_THE_CLIENT or name in elsewhere, (page.name, name)


def test_variables_of_the_client_are_its_own():
    sources = "\n".join(path.read_text() for path in (ROOT / "client").rglob("*.py"))
    assert [name for name in OF_THE_CLIENT if name not in sources] == []


def test_codes_of_failures_in_the_contract_have_their_sentence():
    told = (DOCS / "submission.md").read_text().split("## When it fails")[1]
    rows = [line.split("|")[1] for line in told.split("\n") if line.startswith("| `")]
    codes = re.findall(r"`(\w+)`", "".join(rows))
    assert len(codes) >= 15
    for code in codes:
        assert code in PROBLEMS or code in SENTENCES["en"], code
    missing = [code for code in SENTENCES["en"] if code.isidentifier() and code not in codes]
    assert missing == []


def test_what_the_pages_call_by_its_label_is_on_the_dashboard():
    labels = [label for page in PAGES for label in re.findall(r'\*\*"([^"]+)"\*\*', page.read_text())]
    assert len(labels) >= 6
    assert [label for label in labels if label not in CATALOGS["en"].values()] == []


def test_the_layers_of_the_jail_are_counted_right():
    assert f"a jail of {len(REMEDIES)} layers" in (DOCS / "security.md").read_text()
