"""What the panel of other hosts asks where no server is: the kernel answers the same addresses, from its own logins.

A message reaches nothing but the verbs in this table, and each of its arguments is checked before it is used (security
J06): none of them names a file of this machine, a command, or a way to log in besides the user's own.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

from runicorn_jupyter.errors import BadRequest, NotFound, RateLimited, RunicornError
from runicorn_jupyter.models.sessionforms import session_form
from runicorn_jupyter.widgets.remotefields import Field, read, text, whole, yes

if TYPE_CHECKING:
    from runicorn_jupyter.models import Detected, RemoteConnection, RemoteSession
    from runicorn_jupyter.workspace import Remotes

log = logging.getLogger(__name__)

_FAILED = {401, 408, 503}
_TRIES, _MINUTE = 5, 60.0
_LINES = 500

Reply = Callable[[dict[str, Any]], None]
Arguments = Mapping[str, Any]


class Later(NamedTuple):
    """An answer that another thread has later, and the form in which it goes."""

    work: Future[Any]
    form: Callable[[Any], Any]


class RemoteCalls:
    """Answers the panel of one notebook; its verbs run on the loop of the remotes, never on the kernel's thread.

    Parameters
    ----------
    remotes : callable
        Returns the remotes of the kernel; called with the first message.
    """

    def __init__(self, remotes: Callable[[], Remotes]) -> None:
        self._remotes = remotes
        self._failures: dict[str, deque[float]] = {}

    def answer(self, message: Mapping[str, Any], reply: Reply) -> None:
        """Hand ``{status, body}`` to `reply`, once: now, or from another thread when a host has answered."""
        try:
            verb, at, given = _verb(message)
            found = verb.serve(self, at, read(verb.fields, given))
        except Exception as error:  # noqa: BLE001 - every fault is told, in a sentence of its own or a general one
            reply(_problem(error))
            return
        if isinstance(found, Later):
            found.work.add_done_callback(lambda work: reply(_outcome(work, found.form)))
        else:
            reply({"status": 200, "body": found})

    @property
    def remotes(self) -> Remotes:
        """The logins of the kernel."""
        return self._remotes()

    def connect(self, _at: str, given: Arguments) -> Later:
        """Log in; after five failures in a minute nothing is tried."""
        host = given["host"]
        failures = self._failures.setdefault(host, deque(maxlen=_TRIES))
        if len(failures) == _TRIES and time.monotonic() - failures[0] < _MINUTE:
            raise RateLimited("Too many failed logins at this host; wait a minute.", retry_after=int(_MINUTE))
        secrets = {name: given[name] for name in ("password", "passphrase") if name in given}
        work = self.remotes.connect(host, given.get("username", ""), given.get("port"), ssh_config=True, **secrets)

        def count(done: Future[Any]) -> None:
            error = None if done.cancelled() else done.exception()
            if isinstance(error, RunicornError) and error.status in _FAILED:
                failures.append(time.monotonic())

        work.add_done_callback(count)
        return Later(work, lambda found: _connection(found[0]))

    def accept(self, _at: str, given: Arguments) -> Any:
        """Trust the very key that the host has just shown."""
        self.remotes.keys.accept(
            given["host"], given.get("port", 22), given["fingerprint_sha256"], given.get("public_key")
        )
        return {"ok": True}

    def start(self, _at: str, given: Arguments) -> Later:
        """Start a viewer, or find the one that runs."""
        work = self.remotes.start_viewer(
            given["connection_id"],
            root=given.get("remote_root") or None,
            environment=given.get("conda_env") or None,
        )
        return Later(work, lambda found: {"session": _session(found[0])})

    def installation(self, _at: str, given: Arguments) -> Later:
        """Say how far an installation is."""

        def form(found: Any) -> Any:
            if found is None:
                raise NotFound("Nothing was installed over this connection.")
            return found

        return Later(self.remotes.installation(given["connection_id"]), form)


class _Verb(NamedTuple):
    method: str
    path: str
    fields: Mapping[str, Field]
    serve: Callable[[RemoteCalls, str, Arguments], Any]


_ABOUT = {"connection_id": text(400, needed=True)}
_LOGIN = {"host": text(253, needed=True), "username": text(64), "port": whole(1, 65_535)}
_KEY = {
    "known_hosts_host": text(300),
    "key_type": text(100),
    "fingerprint_sha256": text(200, needed=True),
    "public_key": text(20_000),
    "reason": text(100),
}
"""A key goes back as it came; only its fingerprint and itself are looked at."""
_VERBS = (
    _Verb("GET", "ssh-hosts", {}, lambda my, *_: [asdict(one) for one in my.remotes.ssh_hosts()]),
    _Verb(
        "GET",
        "connections",
        {},
        lambda my, *_: Later(my.remotes.connections(), lambda found: {"connections": [*map(_connection, found)]}),
    ),
    _Verb("DELETE", "connections/*", {}, lambda my, at, _: Later(my.remotes.disconnect(at), _connection)),
    _Verb(
        "POST",
        "connect",
        {**_LOGIN, "password": text(), "passphrase": text(), "ssh_config": yes()},
        RemoteCalls.connect,
    ),
    _Verb(
        "POST",
        "known-hosts/accept",
        {"host": _LOGIN["host"], "port": _LOGIN["port"], **_KEY},
        RemoteCalls.accept,
    ),
    _Verb(
        "GET",
        "environments",
        _ABOUT,
        lambda my, _, given: Later(my.remotes.detect(given["connection_id"]), _environments),
    ),
    _Verb(
        "GET",
        "storage-candidates",
        _ABOUT,
        lambda my, _, given: Later(my.remotes.roots(given["connection_id"]), lambda found: found),
    ),
    _Verb(
        "GET",
        "fs/list",
        {**_ABOUT, "path": text(4096, needed=True)},
        lambda my, _, given: Later(my.remotes.folder(given["connection_id"], given["path"]), lambda found: found),
    ),
    _Verb("POST", "viewer/start", {**_ABOUT, "conda_env": text(200), "remote_root": text(4096)}, RemoteCalls.start),
    _Verb(
        "POST",
        "viewer/install",
        {**_ABOUT, "confirm": yes()},
        lambda my, _, given: Later(my.remotes.begin_install(given["connection_id"]), lambda job: {"job": job}),
    ),
    _Verb("GET", "viewer/install", _ABOUT, RemoteCalls.installation),
    _Verb(
        "GET",
        "viewer/sessions",
        {},
        lambda my, *_: Later(my.remotes.viewers(), lambda found: {"sessions": [*map(_session, found)]}),
    ),
    _Verb(
        "GET",
        "viewer/logs",
        {"session_id": text(40, needed=True), "lines": whole(1, _LINES), "after": whole(0)},
        lambda my, _, given: Later(
            my.remotes.viewer_log(given["session_id"], lines=given.get("lines", _LINES), after=given.get("after")),
            lambda found: {"logs": [*found.lines], "total_lines": found.total, "end": found.end},
        ),
    ),
    _Verb(
        "POST",
        "viewer/stop",
        {"session_id": text(40, needed=True)},
        lambda my, _, given: Later(my.remotes.stop_viewer(given["session_id"]), lambda _: {"ok": True}),
    ),
)


def _verb(message: Mapping[str, Any]) -> tuple[_Verb, str, dict[Any, Any]]:
    """Return what a message asks for, the last part of its address, and its arguments as they came."""
    path, pairs, body = message.get("path"), message.get("query") or [], message.get("body") or {}
    if not (isinstance(path, list) and isinstance(pairs, list) and isinstance(body, dict)):
        raise BadRequest("A call has a path, a query and a body.")
    if not all(isinstance(part, str) and len(part) <= 400 for part in path) or path[:1] != ["remote"]:
        raise NotFound("The kernel does not answer this.")
    given = dict(body)
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):
            raise BadRequest("query must be a list of pairs.")
        given[pair[0]] = pair[1]
    for verb in _VERBS:
        if message.get("method") == verb.method and _fits(verb.path.split("/"), path[1:]):
            return verb, path[-1], given
    raise NotFound("The kernel does not answer this; the server extension would.")


def _fits(pattern: Sequence[str], path: Sequence[str]) -> bool:
    return len(pattern) == len(path) and all(one in {"*", part} for one, part in zip(pattern, path, strict=True))


def _outcome(work: Future[Any], form: Callable[[Any], Any]) -> dict[str, Any]:
    try:
        return {"status": 200, "body": form(work.result())}
    except BaseException as error:  # noqa: BLE001 - a cancelled future raises one that is no Exception
        return _problem(error)


def _problem(error: BaseException) -> dict[str, Any]:
    if isinstance(error, RunicornError):
        return {"status": error.status, "body": {"message": str(error), "error": error.code, **error.extra()}}
    log.debug("A call of a page could not be served.", exc_info=error)
    return {"status": 500, "body": {"message": "The kernel could not do this.", "error": RunicornError.code}}


def _connection(one: RemoteConnection) -> dict[str, Any]:
    return {"connection_id": one.key, "host": one.host}


def _session(one: RemoteSession) -> Mapping[str, Any]:
    return session_form(one, time.time())


def _environments(found: Detected) -> dict[str, Any]:
    return {
        "environments": [
            {
                "name": one.name,
                "type": one.type,
                "path": one.prefix,
                "python_version": one.python_version,
                "runicorn_version": one.runicorn_version,
                "distribution": one.distribution,
                "storage_root": found.host.root,
            }
            for one in found.environments
        ]
    }
