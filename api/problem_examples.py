"""What a problem looks like: for each code a sentence as it is really said, for the contract's examples."""

from __future__ import annotations

from typing import Any, Final

EXAMPLE_DETAILS: Final[dict[str, str]] = {
    "bad_request": "The body is not JSON.",
    "unauthenticated": "The token is unknown, expired or revoked.",
    "wrong_password": "Name and password do not belong together.",
    "provider_refused": "The provider did not say who you are.",
    "scope_missing": "This token lacks the scope `grade`.",
    "no_account": "Ask whoever teaches the course for an invitation.",
    "own_role": "Your own place in a course is changed by another of its instructors.",
    "too_many_tokens": "You have 50: revoke those you do not need.",
    "link_over": "It was used, replaced, or is too old: ask for another.",
    "roster_invalid": "line 3: there is no e-mail address",
    "weak_password": "It has fewer than 12 characters.",
    "too_many_requests": "Nothing was done with this one. Try again in 2 s.",
    "too_many_tries": "Try again in 30 s.",
    "forbidden": "This is for the instructors of the course.",
    "stale_form": "Open the page again and repeat what you did.",
    "not_found": "There is no assignment 'iris-singel-layer' in your courses.",
    "no_report_yet": "The run is training.",
    "no_evidence": "The run is training.",
    "no_leaderboard": "'iris-single-layer' is graded without one.",
    "no_similarity_yet": "Nothing has been compared yet, or it is not done.",
    "method_not_allowed": "Method Not Allowed",
    "not_acceptable": "Accept application/yaml or application/json.",
    "idempotency_conflict": "Use a new Idempotency-Key for a changed file.",
    "already_ended": "It is graded.",
    "no_quota": "To 'iris-single-layer' students may hand in as often as they like.",
    "no_due_date": "Nothing handed in to 'iris-single-layer' is late.",
    "no_choice": "Of 'iris-single-layer', the best submission counts.",
    "dataset_name_taken": "Choose another name than 'wine'.",
    "dataset_in_use": "It is used by 'wine-single-layer', version 1.",
    "slug_taken": "There is an assignment 'iris-single-layer'; its name is unique in the service.",
    "needs_new_run": "The submission ran something else than the newest version asks.",
    "not_errored": "It is graded.",
    "course_taken": "There is a course 'ml-2026'; choose another name.",
    "changed_meanwhile": "Somebody has changed it, or taken it away, since you read it. Read it again.",
    "version_conflict": (
        'Version 4 is the newest, and yours was made from "3". Read it at '
        "/api/v1/assignments/iris-single-layer/spec, bring both together, and send that with its ETag."
    ),
    "too_large": "The file has 1200000 bytes; at most 1048576 are taken. Remove data from it.",
    "unsupported_media_type": "Send multipart/form-data with a field `file`, or application/json.",
    "validation_failed": "query.limit: Input should be less than or equal to 100",
    "not_utf8": "Line 7 is not UTF-8. Save the file with the encoding UTF-8 and send it again.",
    "bad_notebook": "The notebook is not JSON: it may be damaged. Save it again in Jupyter.",
    "unsupported_file": "'lab.txt' ends in neither .py nor .ipynb.",
    "dataset_invalid": "row 12, column kind: the label is empty",
    "spec_invalid": (
        "line 14: criteria[0].points: -1 is not allowed (allowed: a number from 0 to 10000)"
    ),
    "if_match_required": 'Say which version yours was made from: If-Match: "3", the ETag of its spec.',
    "queue_full": "Nothing was stored; try again in a while.",
    "quota_exhausted": "No attempt is left now; the next one is taken in 2 h, from 2026-11-25 18:00 UTC.",
    "internal_error": (
        "The fault is on our side and has been recorded. Nothing that you handed in is lost; try again."
    ),
    "http_error": "The request was refused.",
    "unavailable": "Nothing was changed; try again in a while.",
    "evidence_unavailable": (
        "The evidence of run 01a210aa-4f5b-7c8e-8c5e-7d0b6a2f9e11 cannot be had now: the evidence store "
        "s3://labmark-evidence does not answer. Nothing is lost by that."
    ),
}
EXAMPLE_ERRORS: Final[dict[str, list[dict[str, Any]]]] = {
    "validation_failed": [
        {"location": "query.limit", "message": "Input should be less than or equal to 100"},
    ],
    "spec_invalid": [
        {
            "location": "criteria[0].points",
            "code": "spec.not_allowed",
            "message": "-1 is not allowed",
            "allowed": "a number from 0 to 10000",
            "line": 14,
        }
    ],
    "roster_invalid": [{"location": "line 3", "message": "there is no e-mail address"}],
    "dataset_invalid": [
        {"location": "row 12, column kind", "code": "dataset.label", "message": "the label is empty"},
    ],
}
EXAMPLE_INSTANCE: Final = "/api/v1/assignments/iris-single-layer"
