"""A course's list of people from CSV text: UTF-8, a header row with name and email, and role and login.

The last two may be left out. Lines are counted as an editor counts them: the header is line 1.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

RosterRole = Literal["student", "grader", "instructor"]
ROSTER_ROLES: Final[tuple[RosterRole, ...]] = ("student", "grader", "instructor")
COLUMNS: Final = ("name", "email", "role", "login")
MAX_ROWS: Final = 5000
MAX_NAME_CHARS: Final = 100
# Of an address, by RFC 5321; ASCII alone, so that no two look the same.
_MAX_EMAIL_CHARS: Final = 254
_EMAIL: Final = re.compile(r"[a-z0-9.!#$%&'*/?^_`{|}~+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+")
# Without @: a login must not look like somebody's address, with which they sign in.
LOGIN_PATTERN: Final = r"[a-z0-9][a-z0-9._-]{0,63}"
_FORMULA_BEGINS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_MAX_FAULTS: Final = 50
_NAMES_OF_COLUMNS: Final = {"e-mail": "email", "mail": "email"}

FaultCode = Literal[
    "not_utf8",
    "empty",
    "not_csv",
    "no_column",
    "unknown_column",
    "column_twice",
    "cells",
    "too_many_rows",
    "formula",
    "unprintable",
    "no_name",
    "long_name",
    "bad_email",
    "bad_role",
    "bad_login",
    "email_twice",
    "login_twice",
]


@dataclass(frozen=True, kw_only=True)
class RosterRow:
    """`role` None: as they are, or a student. `login` None: made from the address."""

    line: int
    name: str
    email: str
    role: RosterRole | None
    login: str | None


@dataclass(frozen=True, kw_only=True)
class RosterFault:
    """`value`: what is wrong there, cut short; for what stands twice, the line of the first."""

    line: int
    code: FaultCode
    value: str = ""


class RosterInvalidError(Exception):
    """`faults`: the first fifty of all that is wrong with the file."""

    def __init__(self, faults: list[RosterFault]) -> None:
        super().__init__("; ".join(f"line {fault.line}: {fault.code} {fault.value}" for fault in faults))
        self.faults = faults


def read_roster(content: bytes) -> list[RosterRow]:
    r"""Raises RosterInvalidError.

    >>> [(row.line, row.email, row.role) for row in read_roster(b"Name;Email\n\nAna Pop;Ana@x.ro\n")]
    [(3, 'ana@x.ro', None)]
    """
    text = _text(content)
    reader = _Reader()
    for line, cells in _rows(text):
        before = reader.header
        reader.take(line, cells)
        if len(reader.faults) >= _MAX_FAULTS or (reader.faults and not before):
            # Below a wrong header every row is wrong.
            break
    if not reader.faults and not reader.rows:
        reader.fault(1, "empty")
    if reader.faults:
        raise RosterInvalidError(reader.faults[:_MAX_FAULTS])
    return reader.rows


def clean_name(name: str) -> str:
    """One space between words, and one spelling of each letter."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def fault_of_name(name: str) -> FaultCode | None:
    """Of a clean one."""
    if not name:
        return "no_name"
    if name.startswith(_FORMULA_BEGINS):
        # Whoever opens an export of grades with a spreadsheet must not run what a student wrote.
        return "formula"
    if not name.isprintable():
        return "unprintable"
    return "long_name" if len(name) > MAX_NAME_CHARS else None


def clean_email(email: str) -> str | None:
    """In small letters; None: it is no address that is taken here."""
    small = email.strip().lower()
    return small if len(small) <= _MAX_EMAIL_CHARS and _EMAIL.fullmatch(small) else None


@dataclass
class _Reader:
    """Fills with rows and faults."""

    header: list[str] = field(default_factory=list)
    rows: list[RosterRow] = field(default_factory=list)
    faults: list[RosterFault] = field(default_factory=list)
    _line_of: dict[str, int] = field(default_factory=dict)

    def fault(self, line: int, code: FaultCode, value: str = "") -> None:
        self.faults.append(RosterFault(line=line, code=code, value=value[:60]))

    def take(self, line: int, cells: list[str] | None) -> None:
        """None: it cannot be cut into cells."""
        if cells is None:
            self.fault(line, "not_csv")
        elif not any(cell.strip() for cell in cells):
            return
        elif not self.header:
            self._take_header(line, cells)
        elif len(self.rows) == MAX_ROWS:
            if not any(fault.code == "too_many_rows" for fault in self.faults):
                self.fault(line, "too_many_rows", str(MAX_ROWS))
        elif len(cells) != len(self.header):
            self.fault(line, "cells", f"{len(cells)} / {len(self.header)}")
        else:
            self._take_row(line, dict(zip(self.header, (cell.strip() for cell in cells), strict=True)))

    def _take_header(self, line: int, cells: list[str]) -> None:
        small = [cell.strip().lower() for cell in cells]
        self.header = [_NAMES_OF_COLUMNS.get(name, name) for name in small]
        for name in self.header:
            if name not in COLUMNS:
                self.fault(line, "unknown_column", name)
        for name in COLUMNS:
            if self.header.count(name) > 1:
                self.fault(line, "column_twice", name)
        for name in ("name", "email"):
            if name not in self.header:
                self.fault(line, "no_column", name)

    def _take_row(self, line: int, cells: dict[str, str]) -> None:
        before = len(self.faults)
        name = clean_name(cells["name"])
        if fault := fault_of_name(name):
            self.fault(line, fault, name if name.isprintable() else "")
        email = self._email(line, cells["email"])
        role = self._role(line, cells.get("role", ""))
        login = self._login(line, cells.get("login", ""))
        if len(self.faults) == before:
            self.rows.append(RosterRow(line=line, name=name, email=email, role=role, login=login))

    def _email(self, line: int, given: str) -> str:
        email = clean_email(given)
        if given.startswith(_FORMULA_BEGINS):
            self.fault(line, "formula", given)
        elif email is None:
            self.fault(line, "bad_email", given if given.isprintable() else "")
        elif email in self._line_of:
            self.fault(line, "email_twice", str(self._line_of[email]))
        else:
            self._line_of[email] = line
        return email or ""

    def _role(self, line: int, given: str) -> RosterRole | None:
        for role in ROSTER_ROLES:
            if given.lower() == role:
                return role
        if given:
            self.fault(line, "bad_role", given if given.isprintable() else "")
        return None

    def _login(self, line: int, given: str) -> str | None:
        login = given.lower()
        if login and not re.fullmatch(LOGIN_PATTERN, login):
            self.fault(line, "bad_login", given if given.isprintable() else "")
        elif login in self._line_of:
            self.fault(line, "login_twice", str(self._line_of[login]))
        elif login:
            self._line_of[login] = line
        return login or None


def _text(content: bytes) -> str:
    """Raises RosterInvalidError with the line that is not UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RosterInvalidError([RosterFault(line=line, code="not_utf8")]) from error
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise RosterInvalidError([RosterFault(line=line, code="not_utf8")])
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """With the line on which each begins."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    # As a spreadsheet writes it where the comma is in its numbers.
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, None
            return
        yield line, cells
        line = reader.line_num + 1
