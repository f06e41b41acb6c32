"""What makes a page sound: accessible, no wider than the screen, nothing too small to press."""

from axe_playwright_python.sync_playwright import Axe

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
_AXE = Axe()
# Links in running text are as high as its lines.
_SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, summary, select')]
  .filter((e) => !e.closest('p:not(.links)') && !e.classList.contains('skip') && e.type !== 'hidden')
  .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([, box]) => box.height > 0 && (box.height < 23.9 || box.width < 23.9))
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""
# What sticks out is named: a width alone would leave it to be looked for.
_WIDER = """(width) => {
  if (document.documentElement.scrollWidth <= width) return [];
  const out = [...document.querySelectorAll('body *')]
    .filter((e) => e.getBoundingClientRect().right > width + 0.5 && !e.closest('.wide, .code, pre, .skip'));
  return [`${document.documentElement.scrollWidth} px wide`, ...out.map((e) => e.outerHTML.slice(0, 120))];
}"""


def faults_of(page):
    """Of the page as it stands, in words; none: it is sound."""
    found = _AXE.run(page)
    faults = [f"axe: {violation['id']}: {violation['help']}" for violation in found.response["violations"]]
    faults += [node["html"][:160] for violation in found.response["violations"] for node in violation["nodes"][:3]]
    wider = page.evaluate(_WIDER, page.viewport_size["width"])
    return [*faults, *(f"wider than the screen: {html}" for html in wider), *page.evaluate(_SMALL_TARGETS)]


def require_sound(page, views=((DESK, "light"), (DESK, "dark"), (PHONE, "light"), (PHONE, "dark"))):
    """In every view; afterwards the page is wide and light."""
    faults = []
    for size, scheme in views:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        faults += [f"{size['width']} px, {scheme}: {fault}" for fault in faults_of(page)]
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    assert faults == []
