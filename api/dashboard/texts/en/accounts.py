"""Signing in, and one's own account."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "accounts.wrong_token": "This token is unknown, expired, revoked, or only for programs.",
    "accounts.wrong_password": "The name, the address or the password is not right.",
    "accounts.wrong_current": "This is not your current password.",
    "accounts.wrong_provider": "Signing in there did not work. Try again.",
    "accounts.wait": "Too many tries. Try again in {seconds} {seconds:second|seconds}.",
    "accounts.no_account": (
        "You have no account here yet. Ask your course staff to add you with the address that you "
        "signed in with."
    ),
    "accounts.with_provider": "Sign in with {name}",
    "accounts.with_password": "With your password",
    "accounts.name_or_email": "Login or e-mail address",
    "accounts.password": "Password",
    "accounts.with_token": "With an access token",
    "accounts.sign_in_with_token": "Sign in with the token",
    "accounts.token": "Your access token",
    "accounts.about_token": (
        "It begins with lmk_. You make tokens on the page of your account, or get one from your course "
        "staff."
    ),
    "accounts.choose_password": "Choose a password",
    "accounts.about_invitation": (
        "For the account of {name}. From then on you sign in as {login}, or with your e-mail address."
    ),
    "accounts.about_reset": (
        "A new password for the account of {name}, login {login}. It ends everything that is signed in "
        "now."
    ),
    "accounts.new_password": "New password",
    "accounts.about_password": (
        "At least 10 characters. Three or four words that only you put together are good."
    ),
    "accounts.again": "Once more",
    "accounts.save_and_sign_in": "Save and sign in",
    "accounts.differs": "The two passwords are not the same.",
    "accounts.fault_too_short": "This password is shorter than 10 characters.",
    "accounts.fault_too_long": "This password is longer than 200 characters.",
    "accounts.fault_too_simple": "This password has fewer than 5 different characters.",
    "accounts.fault_holds_name": "This password holds your name, which others try first.",
    "accounts.title": "Your account",
    "accounts.you_are": "You sign in as {login}",
    "accounts.done_password": "Your password is changed. Every other browser was signed out.",
    "accounts.done_profile": "Saved.",
    "accounts.done_revoked": "The token opens nothing any more.",
    "accounts.profile": "You",
    "accounts.display_name": "Your name, as others read it",
    "accounts.bad_name": (
        "This name cannot be used: it is empty, too long, begins like a formula, or has characters that "
        "cannot be seen."
    ),
    "accounts.language": "Language, wherever you sign in",
    "accounts.as_browser": "As the browser asks",
    "accounts.change_password": "Change your password",
    "accounts.current_password": "Current password",
    "accounts.ends_sessions": "Every browser is signed out by it; tokens stay.",
    "accounts.sign_out_everywhere": "Sign out everywhere",
    "accounts.tokens": "Access tokens",
    "accounts.about_tokens": (
        "For programs, such as the labmark command. Give each its own, and no more than it needs."
    ),
    "accounts.new_token": "Your new token",
    "accounts.shown_once": "Copy it now: it is shown this once.",
    "accounts.label": "What it is for",
    "accounts.about_label": "To know it by, such as: laptop.",
    "accounts.role": "Role",
    "accounts.at_most": "It acts at most as",
    "accounts.scopes": "What it may do",
    "accounts.about_scopes": "None ticked: whatever its role may do.",
    "accounts.all_scopes": "whatever its role may do",
    "accounts.scope_read": "read",
    "accounts.scope_submit": "hand in",
    "accounts.scope_grade": "change grades",
    "accounts.scope_author": "change assignments and data sets",
    "accounts.scope_people": "manage a course's people",
    "accounts.scope_account": "your account and tokens",
    "accounts.made": "Made",
    "accounts.ends": "Ends",
    "accounts.never": "never",
    "accounts.days": "Days that it holds; empty: for ever",
    "accounts.revoke": "Revoke",
    "accounts.revoke_this": "Revoke {label}",
    "accounts.no_tokens": "You have none.",
    "accounts.make_token": "Make a token",
    "accounts.bad_token": "Say what the token is for, and a number of days from 1 to 3660 or none.",
}
