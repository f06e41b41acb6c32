"""What exactly a refusal is about: `problem.` and the code, and which of its kinds where it has several."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "problem.bad_request.json": "The body is not JSON.",
    "problem.bad_request.unread": "The request cannot be read: {said:clause}.",
    "problem.provider_refused": "What came back from the provider is not valid ({step}). Try again.",
    "problem.unauthenticated.header": "Send the header `Authorization: Bearer lmk_...`.",
    "problem.unauthenticated.token": "The token is unknown, expired or revoked.",
    "problem.unauthenticated.visitor": "Sign in first.",
    "problem.unauthenticated.metrics": "Send `Authorization: Bearer` with the metrics token.",
    "problem.wrong_password": "The name, the address or the password is not right.",
    "problem.forbidden.staff": "This is for the graders and instructors of the course.",
    "problem.forbidden.instructors": "This is for the instructors of the course.",
    "problem.forbidden.admins": "There is no such page but for administrators.",
    "problem.forbidden.queue": "The queue is for course staff.",
    "problem.forbidden.regrading": "Regrading is for staff.",
    "problem.forbidden.datasets": "Data sets are registered and deleted by the course's instructors.",
    "problem.forbidden.courses": "Courses are opened by the service's administrators.",
    "problem.forbidden.above": "You are {role} here: what is above is not yours to give.",
    "problem.forbidden.lesser_token": (
        "You signed in with a token that may do less than you. Use one that may do all."
    ),
    "problem.forbidden.token_role": "You act as {role}: a token of yours can be no more than that.",
    "problem.forbidden.token_scopes": "The token that asks lacks the scopes {scopes}.",
    "problem.scope_missing.all": "Only a token without scopes may do this.",
    "problem.scope_missing.one": "This token lacks the scope `{scope}`.",
    "problem.stale_form.again": "Open the page again and repeat what you did.",
    "problem.stale_form.other_site": "This form came from another site.",
    "problem.no_account": "Ask your course staff to add you with the address of your sign-in.",
    "problem.not_found.address": "There is nothing at this address.",
    "problem.not_found.asked": "Students are not told what '{slug}' asks.",
    "problem.not_found.assignment": (
        "There is no assignment '{slug}' in your courses. If there should be, ask your course staff to "
        "add you."
    ),
    "problem.not_found.course": "You have no course '{slug}'. If you should, ask its staff to add you.",
    "problem.not_found.submission": "You have no submission {id}.",
    "problem.not_found.submission_to": "You have no submission {id} to '{slug}'.",
    "problem.not_found.run": "You have no run {id}.",
    "problem.not_found.report": "The run has no report {version}.",
    "problem.not_found.job": "You have no job {id}.",
    "problem.not_found.token": "You have no such token, or it was revoked before.",
    "problem.not_found.grade": "You are not enrolled in the course of '{slug}', so you have no grade there.",
    "problem.not_found.version": "'{slug}' has no version {version}.",
    "problem.not_found.newest_version": "'{slug}' has no version {version}; the newest is {newest}.",
    "problem.not_found.starter": "'{slug}' has no starter in '{framework}'.",
    "problem.not_found.picture": "Submission {id} has no picture {number}.",
    "problem.not_found.pair": "There is no such pair in the newest check.",
    "problem.not_found.student": "There is no student '{user}' in this course.",
    "problem.not_found.student_left": "Whoever handed this in is no longer in the course.",
    "problem.not_found.quota": "'{user}' has no quota of their own for '{slug}'.",
    "problem.not_found.extension": "'{user}' has no extension of '{slug}'.",
    "problem.not_found.override": "Submission {id} has no override.",
    "problem.not_found.login": "There is nobody with the login '{user}'.",
    "problem.not_found.person": "'{user}' is not in this course.",
    "problem.not_found.removed": "'{user}' was removed meanwhile.",
    "problem.not_found.link": "This course has no such open link.",
    "problem.not_found.datasets": "You have no data sets in a course '{slug}'.",
    "problem.not_found.dataset": "The course has no data set '{name}'.",
    "problem.not_found.provider": "There is no provider here.",
    "problem.not_found.metrics": "Metrics are off: see docs/operations.md.",
    "problem.no_report_yet": "The run is {state}.",
    "problem.no_evidence": "The run is {state}.",
    "problem.no_leaderboard": "'{slug}' is graded without one.",
    "problem.no_similarity_yet": "Nothing has been compared yet, or it is not done.",
    "problem.method_not_allowed": "This address takes {methods}.",
    "problem.not_acceptable": "Accept application/yaml or application/json.",
    "problem.idempotency_conflict": "Use a new Idempotency-Key for a changed file.",
    "problem.already_ended": "It is {state}.",
    "problem.not_errored": "It is {state}.",
    "problem.no_quota": "To '{slug}' students may hand in as often as they like.",
    "problem.no_due_date": "Nothing handed in to '{slug}' is late.",
    "problem.no_choice": "Of '{slug}', the {counting} submission counts.",
    "problem.dataset_name_taken": "Choose another name than '{name}'.",
    "problem.dataset_in_use": "It is used by {users}.",
    "problem.own_role": "Another instructor, or an administrator, can change it.",
    "problem.too_many_tokens": "You have {count}: revoke those you do not need.",
    "problem.slug_taken": (
        "There is an assignment '{slug}'; its name is unique in the service. Choose another name at `slug`."
    ),
    "problem.needs_new_run.changed": (
        "The submission ran something else than the newest version asks. Ask for a regrade with new runs, on "
        "the page of the assignment."
    ),
    "problem.needs_new_run.unmeasured": (
        "The submission has not been measured yet. Ask for a regrade with new runs, on the page of the "
        "assignment."
    ),
    "problem.course_taken": "There is a course '{slug}'; choose another name.",
    "problem.link_over": (
        "It was used, has ended, was replaced by another, or the account has a password by now. "
        "Ask whoever sent it for a new one."
    ),
    "problem.version_conflict": (
        "Version {newest} is the newest, and yours was made from {if_match}. Read it at {address}, "
        "bring both "
        "together, and send that with its ETag."
    ),
    "problem.changed_meanwhile": (
        "Somebody has changed it, or taken it away, since you read it. Read it again."
    ),
    "problem.evidence_unavailable": (
        "{said:clause}. No grade changes by that."
        " Try again in a while, and tell whoever runs the service."
    ),
    "problem.too_large.request": "At most {limit} bytes are taken in one request.",
    "problem.too_large.file": (
        "The file has {size} bytes; at most {limit} are taken. Remove data and stored outputs from it."
    ),
    "problem.too_large.notebook_file": (
        "The notebook has {size} bytes; at most {limit} are taken. Clear its outputs and save it."
    ),
    "problem.too_large.notebook": "The notebook's code has more than {limit} bytes.",
    "problem.too_large.document": "The document has {size} bytes; at most {limit} are taken.",
    "problem.too_large.list": "The list has {size} bytes; {limit} are taken.",
    "problem.too_large.dataset": "A data set's file has at most {limit} bytes.",
    "problem.unsupported_media_type.source": (
        "Send multipart/form-data with a field `file`, or application/json."
    ),
    "problem.unsupported_media_type.spec": "Send application/yaml or application/json.",
    "problem.unsupported_media_type.list": "Send text/csv, or multipart/form-data with a field `file`.",
    "problem.unsupported_media_type.dataset": "Send multipart/form-data with `file` and `name`.",
    "problem.validation_failed.faults": "{faults}",
    "problem.validation_failed.source": 'The body must be {{"filename": text, "source": text}}.',
    "problem.validation_failed.no_file": "The form has no file in its field `file`.",
    "problem.validation_failed.reason": "There is no such reason: write 3 to 1000 characters, or none.",
    "problem.validation_failed.points": "body.points: at most {most:points} can be given.",
    "problem.validation_failed.due_at": "body.due_at: must be after the due date, {due_at}.",
    "problem.validation_failed.after": "query.after: take it from the `next` of the page before.",
    "problem.validation_failed.unstorable": (
        "The request holds a character, or a number, that cannot be stored."
    ),
    "problem.not_utf8.line": (
        "Line {line} is not UTF-8. Save the file with the encoding UTF-8 and send it again."
    ),
    "problem.not_utf8.document": "Line {line} of the document is not UTF-8.",
    "problem.not_utf8.nul": "The file holds NUL bytes, so it is not text.",
    "problem.not_utf8.surrogate": "The source holds half a character (a lone surrogate).",
    "problem.bad_notebook.too_much": (
        "It holds too much beside its code: clear all outputs, save it, and try again."
    ),
    "problem.bad_notebook.no_code": "The notebook holds no code.",
    "problem.bad_notebook.not_json": "It is not JSON, so it is not a notebook: {said:clause}.",
    "problem.bad_notebook.not_a_notebook": "It is JSON, but not a notebook.",
    "problem.bad_notebook.no_cells": "It is JSON, but it has no list of cells.",
    "problem.bad_notebook.source": "A code cell's source is not text.",
    "problem.bad_notebook.surrogate": "A code cell holds half a character (a lone surrogate).",
    "problem.bad_notebook.nul": "A code cell holds NUL characters.",
    "problem.unsupported_file": "'{name}' ends in neither .py nor .ipynb.",
    "problem.dataset_invalid": "{faults}",
    "problem.roster_invalid": "Nothing was changed. {faults}",
    "problem.weak_password.too_short": "It is shorter than 10 characters.",
    "problem.weak_password.too_long": "It is longer than 200 characters.",
    "problem.weak_password.too_simple": "It has fewer than 5 different characters.",
    "problem.weak_password.holds_name": "It holds your name, which others try first.",
    "problem.spec_invalid": "{faults}",
    "problem.if_match_required.spec": (
        'Say which version yours was made from: If-Match: "3", the ETag of its spec.'
    ),
    "problem.if_match_required.there": (
        "There is one already. Read it, then repeat this with `If-Match: {etag}` if you mean it."
    ),
    "problem.queue_full": "Nothing was stored; try again in a while.",
    "problem.too_many_requests": "Nothing was done with this one. Try again in {seconds} s.",
    "problem.too_many_tries.wait": (
        "Try again in {seconds} {seconds:second|seconds}. In a browser in which you signed in before, the "
        "tries of others do not count."
    ),
    "problem.too_many_tries.busy": (
        "Too many people are signing in at this moment. Try again in a few seconds."
    ),
    "problem.quota_exhausted.attempts": (
        "No attempt is left now; the next one is taken in {wait}, from {free_at:day} UTC."
    ),
    "problem.quota_exhausted.failed": (
        "Too many of your files gave no model; the next one is taken in {wait}, from {free_at:day} UTC."
    ),
    "problem.internal_error": (
        "The fault is on our side and has been recorded. Nothing that you handed in is lost; try again."
    ),
    "problem.http_error": "The request was refused: {said:clause}.",
    "problem.unavailable": "Nothing was changed; try again in a while.",
}
