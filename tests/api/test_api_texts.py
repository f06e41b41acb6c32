"""The catalogs of the pages: complete in every language, and nothing said beside them."""

import ast
import doctest
import re
import string
from pathlib import Path

import pytest
from markupsafe import Markup

import api.dashboard
from api import wording
from api.dashboard.texts import CATALOGS, say, say_html
from api.errors import PROBLEMS
from api.language import LANGUAGES
from api.sentences import SENTENCES
from api.wording import FORMATS, PLURALS, locale
from graders.labs import LABS

DASHBOARD = Path(api.dashboard.__file__).parent
TEMPLATES = sorted((DASHBOARD / "templates").glob("*.html"))
MODULES = [path for path in sorted(DASHBOARD.rglob("*.py")) if "texts" not in path.parts]
KEY = re.compile(r"[a-z][a-z_]*\.[a-z0-9_]+")
# Areas whose keys are put together from a word of the service.
LOOKED_UP = ("state.", "short_state.", "verdict.", "fit.", "part.", "role.", "problem.")
LOOKED_UP += ("architecture.", "criterion.", "device.", "runner.", "attention.", "lab.", "measured.", "claimed.")


def fields(text):
    """(name, format) of each; plural forms count as one format."""
    found = set()
    for _, name, spec, _ in string.Formatter().parse(text):
        if name is not None:
            found.add((name, "plural" if "|" in (spec or "") else spec))
    return found


@pytest.mark.parametrize("catalogs", [CATALOGS, SENTENCES], ids=["pages", "sentences"])
def test_every_language_says_everything_with_the_same_values(catalogs):
    assert set(catalogs) == set(LANGUAGES)
    for language, catalog in catalogs.items():
        assert set(catalog) == set(catalogs["en"]), language
        for key, text in catalog.items():
            assert text.strip(), (language, key)
            names = {name for name, _ in fields(text)}
            assert names == {name for name, _ in fields(catalogs["en"][key])}, (language, key)
            formats = {(name, spec) for name, spec in fields(text) if spec != "plural"}
            assert formats == {(n, s) for n, s in fields(catalogs["en"][key]) if s != "plural"} or any(
                spec == "plural" for _, spec in fields(text)
            ), (language, key)


def test_texts_are_translated():
    for catalogs in (CATALOGS, SENTENCES):
        same = [key for key, text in catalogs["ro"].items() if text == catalogs["en"][key]]
        prose = [key for key in same if len(re.findall(r"[a-zA-Z]{2,}", re.sub(r"\{[^}]*\}", "", catalogs["en"][key]))) > 1]
        assert prose == []


def test_plural_forms_are_as_many_as_the_language_has():
    for catalogs in (CATALOGS, SENTENCES):
        for language, catalog in catalogs.items():
            assert set(PLURALS[language]) == locale(language).plural_form.tags | {"other"}
            for key, text in catalog.items():
                for _, _, spec, _ in string.Formatter().parse(text):
                    if spec and "|" in spec:
                        assert spec.count("|") + 1 == len(PLURALS[language]), (language, key)
                    else:
                        assert not spec or spec == "clause" or spec in FORMATS, (language, key)


def test_texts_hold_no_markup():
    """They are put into pages, and code stands between backticks."""
    for language, catalog in CATALOGS.items():
        for key, text in catalog.items():
            assert not re.search(r"[<>&]", text), (language, key)
            assert text.count("`") % 2 == 0, (language, key)


def test_every_problem_has_a_title():
    for language in LANGUAGES:
        assert {f"problem.{code}" for code in PROBLEMS} == {k for k in CATALOGS[language] if k.startswith("problem.")}
    assert {key: CATALOGS["en"][key] for key in CATALOGS["en"] if key.startswith("problem.")} == {
        f"problem.{code}": title for code, (_, title) in PROBLEMS.items()
    }


def literals(path):
    """Every string of a module, docstrings left out; of f-strings, the first piece."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    pieces = {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
    for node in ast.walk(tree):
        if id(node) in pieces:
            continue
        if isinstance(node, ast.JoinedStr):
            yield node, "{}".join(str(v.value) if isinstance(v, ast.Constant) else "" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node, node.value


def keys_in_templates():
    for path in TEMPLATES:
        for code in re.findall(r"\{[{%].*?[%}]\}", path.read_text(encoding="utf-8"), re.DOTALL):
            for literal in re.findall(r"\"([^\"]*)\"|'([^']*)'", code):
                text = literal[0] or literal[1]
                if KEY.fullmatch(text) and not text.endswith(".html"):
                    yield path.name, text


def test_every_key_of_templates_and_modules_is_in_the_catalog_and_every_entry_is_used():
    used = set()
    areas = {key.partition(".")[0] for key in CATALOGS["en"]}
    for name, key in keys_in_templates():
        assert key in CATALOGS["en"], (name, key)
        used.add(key)
    for path in [*MODULES, DASHBOARD.parent / "answering.py"]:
        for node, text in literals(path):
            if isinstance(node, ast.JoinedStr):
                head = text.partition("{}")[0]
                if KEY.fullmatch(head + "x") and head.partition(".")[0] in areas:
                    built = {key for key in CATALOGS["en"] if key.startswith(head)}
                    assert built, (path.name, text)
                    used |= built
            elif KEY.fullmatch(text) and text.partition(".")[0] in areas and not text.endswith((".js", ".css", ".html")):
                assert text in CATALOGS["en"], (path.name, text)
                used.add(text)
    unused = {key for key in CATALOGS["en"] if key not in used and not key.startswith(LOOKED_UP)}
    assert unused == set()


SHOWN_ATTRIBUTES = r"(?:aria-label|title|alt|placeholder|data-label|content|label)"
NOT_PROSE = re.compile(r"Labmark|labmark submit|FILE|--wait|lmk_…|width=device-width, initial-scale=1|light dark|train\(lab\)|…")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_bare_prose(path):
    source = path.read_text(encoding="utf-8")
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    source = re.sub(r"<script[^>]*>.*?</script>", "", source, flags=re.DOTALL)
    bare = re.sub(r"\{[{%].*?[%}]\}", "", source, flags=re.DOTALL)
    said = re.sub(r"<[^>]*>", " ", bare)
    said += " ".join(re.findall(rf'\s{SHOWN_ATTRIBUTES}="([^"]*)"', bare))
    said = re.sub(r"&\w+;", " ", NOT_PROSE.sub(" ", said))
    assert re.findall(r"[A-Za-z]{2,}", said) == []
    # And none passed to a macro.
    for code in re.findall(r"\{[{%].*?[%}]\}", source, re.DOTALL):
        for double, single in re.findall(r"\"([^\"]*)\"|'([^']*)'", code):
            assert not re.search(r"[A-Z][a-z]+ |[a-z]{2,} [a-z]{2,} [a-z]{2,}", double or single), (double or single)


# What reads like a sentence, but is read by programs or by whoever runs the service.
TECHNICAL = re.compile(r"^(text|application|public|max-age|default-src|no-store|width|queue_page|Bearer)")


def test_pages_say_nothing_beside_the_catalog():
    """A sentence in a module would be in one language only. """
    found = []
    for path in MODULES:
        if path.name == "assets.py":
            continue  # Speaks to whoever installs the service.
        for _, text in literals(path):
            if re.search(r"[a-z]{2,} [a-z]{2,}", text) and "<" not in text and "/" not in text:
                found.append((path.name, text))
    assert [item for item in found if not TECHNICAL.match(item[1])] == []


def test_doctests_of_wording_hold():
    result = doctest.testmod(wording)
    assert result.attempted
    assert not result.failed


def test_numbers_dates_and_plurals_follow_the_language():
    at = 1_764_061_440.0
    assert [say("en", "courses.assignments", count=n) for n in (1, 2, 1200)] == ["1 assignment", "2 assignments", "1,200 assignments"]
    assert [say("ro", "courses.assignments", count=n) for n in (0, 1, 2, 20, 101, 1200)] == [
        "0 teme", "1 temă", "2 teme", "20 de teme", "101 teme", "1.200 de teme",
    ]  # fmt: skip
    assert (wording.day("en", at), wording.day("ro", at)) == ("25 Nov 2025, 09:04", "25 nov. 2025, 09:04")
    assert (wording.share("en", 0.933), wording.share("ro", 0.933)) == ("93.3 %", "93,3 %")


def test_values_are_escaped_and_code_is_marked():
    text = say_html("en", "submission.of_student", file="<b>", title=Markup("<i>Iris</i>"), when="now")
    assert str(text) == "<i>Iris</i>: &lt;b&gt;, handed in now"
    assert "<code>train(lab)</code>" in say_html("en", "assignment.about_file", size=1024)


def test_a_page_is_in_the_language_that_the_browser_asks_for(world):
    ro = {"Accept-Language": "ro-RO, en;q=0.5", "Accept": "text/html"}
    stranger = world.client.get("/login", headers=ro).text
    assert '<html lang="ro"' in stranger
    assert "Autentificare" in stranger
    home = world.get("/", headers=ro).text
    assert '<html lang="ro"' in home
    assert "Cursuri" in home
    assert '<html lang="en"' in world.get("/").text
    missing = world.get("/submissions/none", headers=ro)
    assert (missing.status_code, "Aici nu există așa ceva" in missing.text) == (404, True)
    assert '<html lang="ro"' in missing.text


def test_the_built_in_labs_are_described_as_they_describe_themselves():
    for name, lab in LABS.items():
        assert CATALOGS["en"][f"lab.{name.replace('-', '_')}"] == lab.description


def test_everything_that_is_audited_has_words():
    """By the names of actions as they stand in the code; `{kind}.started` is of the two kinds of staff jobs."""
    actions = {"regrade.started", "similarity.started"}
    for path in (path for folder in ("api", "server", "store", "worker") for path in Path(folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "action":
                actions |= {n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant) and re.fullmatch(r"\w+\.\w+", str(n.value))}
    assert len(actions) > 30
    for language, texts in CATALOGS.items():
        assert [a for a in actions if f"audit.{a.replace('.', '_')}" not in texts] == [], language
