"""Which addresses of a viewer on another host may be reached through us: those of our own table, but for a few.

An address that our own API does not have is not asked for at all, so that every answer has a declaration to be held
against: its media types, its headers, and the schema of its JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from runicorn_jupyter.errors import MethodNotAllowed, NotFound
from runicorn_jupyter.server.gate import GateSocket
from runicorn_jupyter.server.request.fields import Answer, answer_of
from runicorn_jupyter.server.routes import ROUTES, Handler, pattern_of
from runicorn_jupyter.server.spec.openapi import VERBS, Operation, document

_NEVER = re.compile(r"/(?:remote|config/ssh_connections|config/user_root_dir)(?:/|$)")
"""A host is no way to further hosts, keeps no logins for us, and shows the root that its session was started with."""

_UP = {".", ".."}


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """One verb at one address, and what it was declared to answer."""

    operation: Operation
    answer: Answer

    @property
    def upload(self) -> bool:
        """Whether the body is a file, of any length."""
        return self.answer.upload is not None

    @property
    def kinds(self) -> frozenset[str]:
        """The media types of its answers that are no JSON of a known form; ``*/*`` is a file that a run logged."""
        return frozenset(kind for kind in self.answer.kinds if isinstance(kind, str))

    @property
    def has_schema(self) -> bool:
        """Whether it answers JSON of a known form."""
        return any(not isinstance(kind, str) for kind in self.answer.kinds)

    @property
    def schema(self) -> dict[str, Any]:
        """The schema of that JSON, as our OpenAPI document has it."""
        said = document()["paths"][self.operation.path][self.operation.verb]["responses"][str(int(self.answer.status))]
        found: dict[str, Any] = said["content"]["application/json"]["schema"]
        return found


def passage(method: str, path: str) -> Passage:
    """Return the passage of a request.

    Parameters
    ----------
    method : str
        Of the request; HEAD passes where GET does.
    path : str
        Below ``/api``, as it came over the wire, still encoded.

    Raises
    ------
    NotFound
        Our API has no such address, or it is one that never passes.
    MethodNotAllowed
        It has, for other methods.
    """
    if _NEVER.match(path) or any(unquote(part) in _UP for part in path.split("/")):
        raise NotFound("This address is not asked for on another host.")
    for pattern, passages in _table():
        if pattern.fullmatch(path):
            found = passages.get("get" if method == "HEAD" else method.lower())
            if found is None:
                raise MethodNotAllowed("This address does not take this method.")
            return found
    raise NotFound("There is no such address in this API.")


def socket_addresses() -> Iterator[str]:
    """Yield the addresses of the websockets that pass."""
    for address, handler in ROUTES:
        if issubclass(handler, GateSocket) and not _NEVER.match(address):
            yield address


@cache
def _table() -> tuple[tuple[re.Pattern[str], dict[str, Passage]], ...]:
    """Return the addresses in the order in which they are tried; sockets have routes of their own."""
    return tuple(
        (re.compile(pattern_of(address)), dict(_passages(address, handler)))
        for address, handler in ROUTES
        if not issubclass(handler, GateSocket)
    )


def _passages(address: str, handler: Handler) -> Iterator[tuple[str, Passage]]:
    for verb in VERBS:
        method = getattr(handler, verb)
        answer = answer_of(method)
        if answer is not None:
            yield verb, Passage(Operation(address, verb, handler, method), answer)
