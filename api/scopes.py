"""What a token may be limited to, beside the role that it is limited to.

What is in no line here can be done only with a token that has no scopes: a new route is closed to all others
until somebody decides about it.
"""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

Scope = Literal["read", "submit", "grade", "author", "people", "account"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

_API: Final = "/api/v1"
_READING: Final = {"GET", "HEAD"}
# The first that fits. Whoever reads people's addresses or somebody's tokens needs more than to read.
_BY_PATH: Final[tuple[tuple[str, Scope], ...]] = (
    (r"/courses/[^/]+/(roster|enrollments|invitations)(/.*)?", "people"),
    (r"/me/tokens(/.*)?", "account"),
)
_CHANGES: Final[tuple[tuple[str, Scope], ...]] = (
    (r"/me", "account"),
    (r"/assignments/[^/]+/(submissions|choice)", "submit"),
    (r"/submissions/[^/]+/cancel", "submit"),
    (r"/assignments/[^/]+/(extensions|quotas)/[^/]+", "grade"),
    (r"/assignments/[^/]+/(regrade|similarity)", "grade"),
    (r"/submissions/[^/]+/(override|regrade)", "grade"),
    (r"/runs/[^/]+/retry", "grade"),
    (r"/courses/[^/]+/regrade", "grade"),
    (r"/assignments/validate", "author"),
    (r"/assignments/[^/]+(/spec|/what-if)?", "author"),
    (r"/courses(/[^/]+/assignments)?", "author"),
    (r"/courses/[^/]+/datasets(/[^/]+)?", "author"),
)


def scope_of(method: str, path: str) -> Scope | None:
    """What a token with scopes must have for it; None: none is enough.

    >>> scope_of("GET", "/api/v1/submissions"), scope_of("POST", "/api/v1/assignments/iris/submissions")
    ('read', 'submit')
    """
    if not path.startswith(f"{_API}/"):
        return None
    below = path.removeprefix(_API)
    for pattern, scope in _BY_PATH if method in _READING else (*_BY_PATH, *_CHANGES):
        if re.fullmatch(pattern, below):
            return scope
    return "read" if method in _READING else None
