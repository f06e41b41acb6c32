"""From the text of a specification, YAML or JSON, to plain values and the line on which each stands.

YAML here is its plain part: mappings, lists and scalars. Anchors, aliases and tags are faults, for they let a
short text stand for a huge or a foreign value. Scalars are read by the core schema of YAML 1.2.2, section
10.3.2 (`no` and `1:30` are text, `1e-4` is a number); that a whole number may have underscores is ours.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import yaml

from graders.spec_places import Fault, Path, SpecError, path_text, shown
from graders.spec_sentences import in_spec

if TYPE_CHECKING:
    from graders.sentence import Sentence

Form = Literal["yaml", "json"]

MAX_BYTES: Final = 64 * 1024
# criteria, one criterion, its parameters, a list in them: five. The rest is room, not need.
MAX_DEPTH: Final = 16

INTEGER: Final = re.compile(r"[-+]?[0-9]+(_[0-9]+)*\Z")
NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
BOOLEAN: Final = re.compile(r"(true|True|TRUE|false|False|FALSE)\Z")
NULL: Final = re.compile(r"(~|null|Null|NULL|)\Z")

_MAX_DIGITS: Final = 300
# Of JSON that is known to be well-formed: strings, brackets, and everything else that is a scalar.
_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s,:{}\[\]"]+')


@dataclass(frozen=True, kw_only=True)
class Parsed:
    value: Any
    lines: dict[Path, int]

    def line_of(self, path: Path) -> int:
        """Of the value at `path`, or of the nearest thing around it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str, *, form: Form) -> Parsed:
    """Raises SpecError: not of the form, too large, too deep, a name given twice, an anchor, alias or tag."""
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise SpecError([Fault(path="", said=in_spec("too_large"), allowed="64 KiB", line=1)])
    tree = _Tree()
    if form == "yaml":
        _read_yaml(text, tree)
    else:
        _read_json(text, tree)
    if tree.faults:
        raise SpecError(tree.faults)
    return Parsed(value=tree.root, lines=tree.lines)


@dataclass
class _Open:
    """A mapping or list that is being filled; `name` waits for its value."""

    container: dict[str, Any] | list[Any]
    path: Path
    name: str | None = None


@dataclass
class _Tree:
    """Builds the value from beginnings, ends and scalars, without recursion: depth is ours to bound."""

    root: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)

    def begin(self, container: dict[str, Any] | list[Any], line: int) -> None:
        if len(self._open) == MAX_DEPTH:
            too_deep = Fault(path="", said=in_spec("too_deep", depth=MAX_DEPTH), line=line)
            raise SpecError([*self.faults, too_deep])
        self._open.append(_Open(container=container, path=self._place(container, line)))

    def end(self) -> None:
        self._open.pop()

    def scalar(self, value: Any, line: int) -> None:
        if isinstance(value, str) and any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in value):
            # Neither can be stored: PostgreSQL refuses NUL, UTF-8 half a character.
            self.fault(in_spec("unstorable"), line)
            value = ""
        elif isinstance(value, float) and not math.isfinite(value):
            self.fault(in_spec("not_finite"), line)
            value = 0.0
        self._place(value, line)

    def fault(self, said: Sentence, line: int, allowed: Sentence | None = None) -> None:
        self.faults.append(Fault(path=path_text(self._here()), said=said, allowed=allowed, line=line))

    def _here(self) -> Path:
        if not self._open:
            return ()
        top = self._open[-1]
        if isinstance(top.container, list):
            return (*top.path, len(top.container))
        return top.path if top.name is None else (*top.path, top.name)

    def _place(self, value: Any, line: int) -> Path:
        path = self._here()
        if not self._open:
            self.root = value
        elif isinstance(top := self._open[-1], _Open) and isinstance(top.container, list):
            top.container.append(value)
        elif top.name is None:
            self._name(top, value, line)
            return path
        else:
            top.container[top.name] = value
            top.name = None
            # The line of its name: of a mapping that begins below it, this is the line to look at.
            return path
        self.lines[path] = line
        return path

    def _name(self, top: _Open, value: Any, line: int) -> None:
        if not isinstance(value, str):
            said = in_spec("no_name", value=shown(value))
            fault = Fault(path=path_text(top.path), said=said, allowed=in_spec("text"), line=line)
            raise SpecError([*self.faults, fault])
        top.name = value
        if value in top.container:
            self.fault(in_spec("given_twice"), line)
        self.lines[(*top.path, value)] = line


def _read_yaml(text: str, tree: _Tree) -> None:
    documents = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = 1 if event.start_mark is None else event.start_mark.line + 1
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                tree.fault(in_spec("second_document"), line, in_spec("one_document"))
                return
            _take(event, line, tree)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        problem = ": ".join(part for part in (error.context, error.problem) if part)
        fault = Fault(path="", said=in_spec("not_yaml", said=problem), line=line)
        raise SpecError([*tree.faults, fault]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        fault = Fault(path="", said=in_spec("needs_escape", character=repr(error.character)), line=line)
        raise SpecError([*tree.faults, fault]) from error


def _take(event: Any, line: int, tree: _Tree) -> None:
    if isinstance(event, yaml.AliasEvent):
        tree.fault(in_spec("alias", name=event.anchor), line, in_spec("written_out"))
        tree.scalar("", line)
    elif isinstance(event, yaml.NodeEvent):
        if event.anchor is not None:
            tree.fault(in_spec("anchor", name=event.anchor), line, in_spec("without_it"))
        tag = event.tag  # type: ignore[attr-defined] # all of them but aliases have it
        if tag is not None:
            tree.fault(in_spec("tag", tag=tag), line, in_spec("without_it"))
        if isinstance(event, yaml.MappingStartEvent):
            tree.begin({}, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            tree.begin([], line)
        elif isinstance(event, yaml.ScalarEvent):
            plain = event.style is None
            tree.scalar(_scalar(event.value, tree, line) if plain else event.value, line)
    elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
        tree.end()


def _scalar(text: str, tree: _Tree, line: int) -> Any:
    if NULL.match(text):
        return None
    if BOOLEAN.match(text):
        return text.lower() == "true"
    if INTEGER.match(text):
        if len(text) > _MAX_DIGITS:
            tree.fault(in_spec("too_many_digits"), line)
            return 0
        return int(text)
    return float(text) if NUMBER.match(text) else text


def _read_json(text: str, tree: _Tree) -> None:
    """`json` judges the grammar; what follows only walks what it has found well-formed, for the lines."""
    try:
        json.loads(text, parse_constant=_refuse_constant, parse_int=lambda _digits: 0)
    except json.JSONDecodeError as error:
        fault = Fault(path="", said=in_spec("not_json", said=error.msg), line=error.lineno)
        raise SpecError([fault]) from error
    except _NoNumberError as error:
        fault = Fault(path="", said=in_spec("not_json_number", name=str(error)), line=1)
        raise SpecError([fault]) from error
    except RecursionError as error:
        raise SpecError([Fault(path="", said=in_spec("too_deep", depth=MAX_DEPTH), line=1)]) from error
    for token in _JSON_TOKEN.finditer(text):
        written, line = token[0], text.count("\n", 0, token.start()) + 1
        if written in ("{", "["):
            tree.begin({} if written == "{" else [], line)
        elif written in ("}", "]"):
            tree.end()
        elif len(written) > _MAX_DIGITS and written[0] in "-0123456789":
            tree.fault(in_spec("too_many_digits"), line)
            tree.scalar(0, line)
        else:
            tree.scalar(json.loads(written), line)


class _NoNumberError(Exception):
    """NaN and the infinities, which Python reads and JSON does not know."""


def _refuse_constant(name: str) -> None:
    raise _NoNumberError(name)
