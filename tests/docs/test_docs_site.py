"""The site builds without a warning, every link in it arrives, and no page loads anything from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from doc_pages import DOCS
from site_pages import SitePage, is_external, lost_links, read_site

from docs.building.formulas import convert
from docs.building.navigation import FIRST

# Addresses of the examples, of this machine, and what the theme leads to.
NOT_TO_VISIT = {"labmark.example.org", "127.0.0.1:3000", "127.0.0.1:8000", "localhost:8000"}
_FETCHED_BY_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


@pytest.fixture(scope="module")
def pages(site):
    return read_site(site)


def test_every_link_and_every_anchor_within_the_site_is_there(site, pages):
    assert sum(len(page.links) for page in pages.values()) > 1000
    assert lost_links(site, pages) == []


def test_a_lost_link_and_a_lost_anchor_are_found(tmp_path):
    (tmp_path / "a.html").write_text('<h1 id="here"></h1><a href="b.html"></a><a href="#there"></a><a href="#here"></a>')
    assert lost_links(tmp_path, read_site(tmp_path)) == [("a.html", "b.html"), ("a.html", "#there")]


def test_links_to_elsewhere_are_well_formed_and_listed(pages, capsys):
    outward = sorted({link for page in pages.values() for link in page.links if is_external(link)})
    for link in outward:
        parts = urlsplit(link)
        assert parts.scheme in {"https", "http"}, link
        assert parts.scheme == "https" or parts.netloc in NOT_TO_VISIT, link
        assert re.fullmatch(r"[\w.-]+\.[a-z]{2,}(:\d+)?|127\.0\.0\.1:\d+|localhost:\d+", parts.netloc), link
    with capsys.disabled():
        print(f"\nlinks to elsewhere, not visited: {', '.join(outward) or 'none'}")


def test_no_page_loads_anything_from_elsewhere(site, pages):
    assert [(str(path), load) for path, page in pages.items() for load in page.loads if is_external(load)] == []
    styles = "\n".join(path.read_text() for path in site.rglob("*.css"))
    fetched = [first or second for first, second in _FETCHED_BY_STYLE.findall(styles)]
    assert [address for address in fetched if is_external(address) and not address.startswith("data:")] == []
    own = "\n".join(path.read_text(errors="replace") for path in site.rglob("*.js"))
    assert re.findall(r"""(?:fetch|import|importScripts)\(\s*["'`]https?:[^"'`]*""", own) == []


def test_formulas_are_drawn_by_the_browser_itself(pages):
    grading = pages[Path("grading.html")]
    assert "math" in grading.tags
    for path, page in pages.items():
        assert not re.search(r"\\(frac|hat|sum|sqrt)\b", page.text), path
    assert "mfrac" in convert(r"\frac{1}{2}")


def test_every_picture_has_words(pages):
    assert [str(path) for path, page in pages.items() if page.pictures_without_text] == []


def test_every_operation_and_every_problem_of_the_contract_is_described(pages, contract):
    reference = {path: page for path, page in pages.items() if path.parts[0] == "reference"}
    operations = [o for methods in contract["paths"].values() for o in methods.values()]
    assert len(operations) > 70
    for operation in operations:
        page: SitePage = reference[Path("reference") / f"{operation['tags'][0]}.html"]
        assert operation["operationId"].replace("_", "-") in page.anchors
        for parameter in operation.get("parameters", []):
            assert parameter["name"] in page.text
        for answer in operation["responses"].values():
            examples = answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
            assert [code for code in examples if code not in page.text] == []
    schemas = contract["components"]["schemas"]
    assert [name for name in schemas if name not in reference[Path("reference/objects.html")].text] == []


def test_every_page_has_its_place(pages):
    index = pages[Path("index.html")]
    for path in DOCS.glob("*.md"):
        assert path.stem == FIRST or f"{path.stem}.html" in index.links, path.name
    for path in (DOCS / "decisions").glob("0*.md"):
        assert f"{path.stem}.html" in pages[Path("decisions/index.html")].links, path.name
