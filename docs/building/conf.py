"""Sphinx' settings. No page loads anything from elsewhere; `tests/docs` looks that it stays so."""

from __future__ import annotations

from typing import Any, Final

project = "Labmark"
html_title = "Labmark"
language = "en"
extensions: Final = ["myst_parser", "sphinx_copybutton", "docs.building.formulas"]
exclude_patterns: list[str] = []
html_theme = "furo"
html_logo = "static/mark.svg"
html_favicon = "static/mark.svg"
html_static_path = ["static"]
html_css_files = ["docs.css"]
html_show_copyright = False
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False
smartquotes = False  # what is quoted stands as it was said
html_math_renderer = "mathml"
highlight_language = "none"
pygments_style = "default"
pygments_dark_style = "github-dark"
nitpicky = True
myst_enable_extensions = ["dollarmath", "tasklist"]
myst_heading_anchors = 3
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
html_theme_options: Final[dict[str, Any]] = {
    "light_css_variables": {"color-brand-primary": "#0b57c4", "color-brand-content": "#0b57c4"},
    "dark_css_variables": {"color-brand-primary": "#82b9ff", "color-brand-content": "#82b9ff"},
}
