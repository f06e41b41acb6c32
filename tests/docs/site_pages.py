"""The built site as a browser gets it: links, anchors, and what each page loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

_LOADED = {
    ("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src"), ("video", "src"), ("object", "data"),
    ("image", "href"), ("use", "href"),
}  # fmt: skip
_LINKED_RESOURCES = {"stylesheet", "icon", "preload", "preconnect", "modulepreload", "prefetch", "search"}


@dataclass
class SitePage:
    """`loads`: what the browser fetches without being asked. `pictures_without_text`: of images."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    pictures_without_text: int = 0
    text: str = ""


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.page = SitePage()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.page.tags.add(tag)
        if "id" in given:
            self.page.anchors.add(given["id"])
        if tag == "a" and "href" in given:
            self.page.links.append(given["href"])
        if tag == "link" and set(given.get("rel", "").split()) & _LINKED_RESOURCES:
            self.page.loads.append(given["href"])
        self.page.loads += [given[name] for name in given if (tag, name) in _LOADED]
        if tag == "img" and "alt" not in given:
            self.page.pictures_without_text += 1

    def handle_data(self, data):
        self.page.text += data


def read_site(folder):
    """`SitePage` of each page by its path from the folder."""
    found = {}
    for path in sorted(folder.rglob("*.html")):
        reader = _Reader()
        reader.feed(path.read_text())
        found[path.relative_to(folder)] = reader.page
    return found


def is_external(address):
    return bool(urlsplit(address).scheme or urlsplit(address).netloc)


def lost_links(folder, pages):
    """(page, link) of each internal link whose page, file or anchor is not there."""
    return [
        (str(path), link)
        for path, page in pages.items()
        for link in [*page.links, *page.loads]
        if not is_external(link) and not _arrives(folder, pages, path, link)
    ]


def _arrives(folder, pages, path, link):
    parts = urlsplit(link)
    target = (folder / path.parent / unquote(parts.path)).resolve() if parts.path else folder / path
    if not target.is_file():
        return False
    where = target.relative_to(folder.resolve()) if parts.path else path
    anchor = unquote(parts.fragment)
    return not anchor or where not in pages or anchor in pages[where].anchors
