"""Two people who change the same thing: the second must have seen what the first has done.

Whoever changes or takes away what is there says by `If-Match` which state of it they have read; to give what
nobody has given yet, nothing need be said.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from api.errors import ProblemError

IfMatch = Annotated[
    str | None,
    Header(
        max_length=1000,
        description="The ETag that was read. Asked for when there is something that would be lost",
        examples=['"5b2f0a9c31d84e77"'],
    ),
]


def require_seen(current: str | None, if_match: str | None) -> None:
    """Raises ProblemError. `current`: the ETag of what is there now, in the transaction that changes it."""
    if if_match is None:
        if current is not None:
            raise ProblemError("if_match_required", "there", headers={"ETag": current}, etag=current)
        return
    tags = [tag.strip() for tag in if_match.split(",")]
    # RFC 9110, section 13.1.1: `*` matches whatever is there, and nothing matches what is not.
    if current is None or (current not in tags and tags != ["*"]):
        raise ProblemError("changed_meanwhile", headers={} if current is None else {"ETag": current})
