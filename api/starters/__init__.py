"""What students begin with: a file that runs as it is, and a text that says what is asked.

One source for each lab and framework under `code/`, in cells; from it come the Python file and the notebook
in each language. The texts are put together from `texts/` and from what the assignment really asks.
"""

from api.starters.sources import FORMATS, Format, boilerplate, file_name, frameworks_of, lab_of, starter
from api.starters.texts import assignment_text, title_of
from api.starters.words import FRAMEWORK_TITLES

__all__ = [
    "FORMATS",
    "FRAMEWORK_TITLES",
    "Format",
    "assignment_text",
    "boilerplate",
    "file_name",
    "frameworks_of",
    "lab_of",
    "starter",
    "title_of",
]
