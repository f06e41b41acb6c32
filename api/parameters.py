"""What stands in addresses: each part with the form that it has, for the contract as for the routes.

Forms are wide where nothing depends on them: what is merely unknown is answered 404, as if it had the form.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query

# A database refuses NUL in text.
TEXT: Final = r"^[^\x00]+$"
ID: Final = r"^[A-Za-z0-9-]{1,64}$"


def _part(description: str, example: str) -> Any:
    return Path(max_length=200, pattern=TEXT, description=description, examples=[example])


CourseSlug = Annotated[str, _part("The course's name in addresses", "ml-2026")]
AssignmentSlug = Annotated[str, _part("The assignment's name in addresses", "iris-single-layer")]
DatasetName = Annotated[str, _part("The data set's name, as a specification names it", "wine")]
UserName = Annotated[str, _part("A student's login", "ana-popescu")]
FrameworkName = Annotated[str, _part("As the list of starters names it", "pytorch")]
SubmissionId = Annotated[str, _part("The submission's id", "01a2119c-4f3e-7d10-9c1b-5a7e1d0b2f44")]
RunId = Annotated[str, _part("The run's id", "01a2119c-4f40-7a52-8f0e-2b9d64c1e7a0")]
JobId = Annotated[str, _part("The job's id", "01a2119c-52c8-7f31-b0aa-93e2b17c5d18")]
ReportVersion = Annotated[
    int, Path(ge=1, le=10**9, description="Counts the reports of one run from 1", examples=[1])
]

Limit = Annotated[int, Query(ge=1, le=100, description="How many at most", examples=[20])]
ManyLimit = Annotated[int, Query(ge=1, le=1000, description="How many at most", examples=[200])]
