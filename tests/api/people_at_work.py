"""What tests of accounts do again and again: passwords, browsers, forms."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import cache

from fastapi.testclient import TestClient

from store import repository
from store.engine import transaction
from store.passwords import hash_password

PASSWORD = "correct horse battery staple"
HTML = {"Accept": "text/html"}


@cache
def _hash(password):
    return hash_password(password)


def give_password(world, name, password=PASSWORD, email=None):
    with transaction(world.engine) as session:
        user = repository.user_by_name(session, name)
        user.email = email or user.email
        repository.set_password(session, user.id, _hash(password), actor_id=None)
        return user.id


@contextmanager
def browser(world, *, address="203.0.113.7"):
    """Another browser, with cookies and an address of its own."""
    with TestClient(world.client.app, follow_redirects=False, client=(address, 40_000)) as client:
        yield client


def sign_in(client, name, password=PASSWORD, **data):
    return client.post("/login/password", data={"name": name, "password": password, **data}, headers=HTML)


def csrf_of(text):
    return re.search(r'name="csrf" value="(\w+)"', text)[1]


def send(client, address, page=None, **data):
    """A form of ours, as the page that holds it sends it."""
    csrf = csrf_of(client.get(page or address, headers=HTML).text)
    return client.post(address, data={"csrf": csrf, **data}, headers=HTML)


def audit_of(world, subject=None):
    with transaction(world.engine) as session:
        from store.models import AuditEntry

        found = session.query(AuditEntry).order_by(AuditEntry.id)
        return [(entry.action, entry.detail) for entry in found if subject in {None, entry.subject}]
