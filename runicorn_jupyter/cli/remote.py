"""`runicorn remote`: log in at another host, start, watch and stop a viewer there, through the viewer of this host."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from runicorn_jupyter.cli import remotelogin
from runicorn_jupyter.cli.output import Progress, confirm, plain, say, say_json, table
from runicorn_jupyter.cli.parser import count
from runicorn_jupyter.cli.runs import moment
from runicorn_jupyter.errors import BadRequest, RunicornError

if TYPE_CHECKING:
    from runicorn_jupyter.client import RunicornClient

    Row = dict[str, Any]

_FAILED = 1
_LINES = 100
_LOOK_S = 0.3
_START_S = 60.0
_NONE = "There is no such viewer on another host; `runicorn remote status` lists them."
_HEADS = ("ID", "HOST", "FOLDER THERE", "ENVIRONMENT", "STATE", "SINCE", "ADDRESS")


class _Action(NamedTuple):
    """One action: what does it, what it is good for, what its target is, and whether it may have to log in."""

    run: Callable[[RunicornClient, argparse.Namespace], int]
    help: str
    target: str | None = None
    logs_in: bool = False


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions, each with options of its own."""
    parser.set_defaults(run=run, target="")
    found = parser.add_subparsers(dest="action", metavar="ACTION", required=True, help="what to do: one of these")
    for name, action in _ACTIONS.items():
        below = found.add_parser(name, help=action.help, description=action.help[0].upper() + action.help[1:] + ".")
        _add_options(below, name, action)


def _add_options(parser: argparse.ArgumentParser, name: str, action: _Action) -> None:
    add = parser.add_argument
    if action.target:
        add("target", metavar="TARGET", nargs=None if action.logs_in else "?", default="", help=action.target)
    if name == "start":
        add("--root", metavar="PATH", help="the folder of runs there (default: what Runicorn uses there)")
        add("--env", metavar="NAME", help="the Python environment there, as envs lists them")
        add("--local-port", type=count, metavar="N", help="the port to open here")
    elif name == "envs":
        add("--again", action="store_true", help="look again rather than tell what was found before")
    elif name == "logs":
        add("--lines", type=count, default=_LINES, metavar="N", help=f"so many of the last lines ({_LINES})")
        add("-f", "--follow", action="store_true", help="go on with what is written from now on")
    elif name == "install":
        add("--yes", action="store_true", help="the yes to it, given beforehand")
    if action.logs_in:
        remotelogin.add_options(parser)
    add(
        "--viewer", metavar="URL", help="the viewer or Jupyter server here to ask (default: the one of yours that runs)"
    )
    add("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Do the action through a running viewer of this user."""
    with _running(options.viewer) as client:
        return _ACTIONS[options.action].run(client, options)


def _running(url: str | None) -> RunicornClient:
    """Return a client of the viewer at `url`, else of the first of this user that answers."""
    from runicorn_jupyter.client import RunicornAPIError, RunicornClient
    from runicorn_jupyter.client.tokens import running

    if url:
        return RunicornClient(url)
    for server in running():
        try:
            return RunicornClient(server.url, token=server.token)
        except RunicornAPIError:
            continue
    raise RunicornError("No viewer of yours runs here: start `runicorn viewer` first, in another terminal.")


def _connect(client: RunicornClient, options: argparse.Namespace) -> int:
    made = remotelogin.connected(client, options)
    if options.json:
        say_json(made)
    else:
        info = made.get("server_info") or {}
        says = ", ".join(str(info[name]) for name in ("hostname", "os", "python_version") if info.get(name))
        say(f"Connected: {made['connection_id']}" + (f" ({says})" if says else ""))
    return 0


def _hosts(client: RunicornClient, options: argparse.Namespace) -> int:
    far = client.remote
    listed, saved, open_ = far.list_ssh_hosts(), far.list_saved_connections(), far.list_sessions()
    if options.json:
        say_json({"ssh_config": listed, "saved": saved, "open": open_})
        return 0
    rows = [(str(one["name"]), _address(one), "~/.ssh/config") for one in listed]
    rows += [(str(one.get("name") or one["host"]), _address(one), "saved") for one in saved]
    rows += [(str(one["host"]), _address(one), "connected") for one in open_]
    say(table([("NAME", "ADDRESS", "KNOWN FROM"), *_plain(rows)]) if rows else "No hosts: `runicorn remote connect`.")
    return 0


def _envs(client: RunicornClient, options: argparse.Namespace) -> int:
    found = client.remote.list_environments(
        remotelogin.connected(client, options)["connection_id"], again=options.again
    )
    if options.json:
        say_json(found)
        return 0
    rows = [
        (one["name"], one["type"], one.get("python_version") or "–", _version(one), one.get("path") or "–")
        for one in found
    ]
    say(table([("NAME", "KIND", "PYTHON", "RUNICORN", "FOLDER THERE"), *_plain(rows)]))
    return 0


def _start(client: RunicornClient, options: argparse.Namespace) -> int:
    from runicorn_jupyter.client import ConflictError

    made = remotelogin.connected(client, options)
    try:
        session = client.remote.start_viewer(
            made["connection_id"], options.root, local_port=options.local_port, conda_env=options.env
        )
    except ConflictError as error:
        if error.error != "viewer_missing":
            raise
        raise RunicornError(f"{error} `runicorn remote install {options.target}` puts it there.") from None
    session = _settled(client, session)
    if options.json:
        say_json(session)
    else:
        say(f"{_line(session)}\n{session.get('reason') or ''}".rstrip())
    return 0 if session.get("status") == "running" else _FAILED


def _status(client: RunicornClient, options: argparse.Namespace) -> int:
    sessions = _sessions(client, options.target or "")
    if options.json:
        say_json({"connections": client.remote.list_sessions(), "viewers": sessions})
        return 0
    if not options.target:
        open_ = [str(one["key"]) for one in client.remote.list_sessions()]
        say("\n".join(f"Connected: {key}" for key in open_) or "No connections.")
    rows = [_row(session) for session in sessions]
    say(table([_HEADS, *_plain(rows)]) if rows else "No viewers on other hosts.")
    for session in sessions:
        if session.get("reason"):
            say(f"{session['session_id']}: {session['reason']}")
    return 0


def _logs(client: RunicornClient, options: argparse.Namespace) -> int:
    session_id = _session(client, options.target)["session_id"]
    if options.follow:
        for line in client.remote.follow_viewer_logs(session_id, max(1, options.lines)):
            say_json(line) if options.json else say(line)
        return 0
    found = client.remote.get_viewer_logs(session_id, max(1, options.lines))
    if options.json:
        say_json(found)
    elif found["logs"]:
        say("\n".join(found["logs"]))
    return 0


def _stop(client: RunicornClient, options: argparse.Namespace) -> int:
    session = _session(client, options.target)
    answer = client.remote.stop_viewer(session["session_id"])
    if options.json:
        say_json(answer)
    else:
        say(f"Stopped: {session['session_id']} on {session['connection_id']}")
    return 0


def _install(client: RunicornClient, options: argparse.Namespace) -> int:
    key = remotelogin.connected(client, options)["connection_id"]
    asked = f"Install runicorn-jupyter on {plain(key)}, into an environment of its own below your home there?"
    if not options.yes and not confirm(asked):
        raise RunicornError("Nothing was installed: say yes at the terminal, or give --yes.")
    job = client.remote.install_viewer(key)
    with Progress("installing") as progress:
        while job["state"] == "running":
            progress(job["done"], job["total"])
            time.sleep(_LOOK_S)
            job = client.remote.get_installation(key)
    if options.json:
        say_json(job)
    elif job["state"] == "done":
        say(f"Installed: {job['environment']} on {key}")
    else:
        raise RunicornError(str(job["reason"]) or "It was not installed.")
    return 0 if job["state"] == "done" else _FAILED


def _disconnect(client: RunicornClient, options: argparse.Namespace) -> int:
    where = remotelogin.meant(client, options.target)
    answer = client.remote.disconnect(where.host, where.user, where.port)
    if options.json:
        say_json(answer)
    else:
        say(str(answer["message"]))
    return 0 if answer.get("ok") else _FAILED


def _session(client: RunicornClient, word: str) -> Row:
    """Return the one viewer that `word` means.

    Raises
    ------
    BadRequest
        Several are meant.
    RunicornError
        None is.
    """
    found = _sessions(client, word)
    if len(found) > 1:
        raise BadRequest(f"Which viewer? {', '.join(str(one['session_id']) for one in found)} are meant.")
    if not found:
        raise RunicornError(_NONE)
    return found[0]


def _sessions(client: RunicornClient, word: str) -> list[Row]:
    """Return the viewers that `word` means: by an id or the beginning of it, a connection or host; all without a word.

    Raises
    ------
    RunicornError
        It means none.
    """
    sessions = client.remote.list_viewer_sessions()
    named = ("session_id", "connection_id", "connId")
    found = [one for one in sessions if not word or word in {one.get(name) for name in named}]
    found = found or [one for one in sessions if str(one["session_id"]).startswith(word)]
    if not found and word:
        where = remotelogin.meant(client, word)
        found = [
            one
            for one in sessions
            if one.get("host") == where.host
            and where.user in {None, one.get("username")}
            and where.port in {None, one.get("sshPort")}
        ]
    if word and not found:
        raise RunicornError(_NONE)
    return found


def _settled(client: RunicornClient, session: Row) -> Row:
    deadline = time.monotonic() + _START_S
    while session.get("status") == "connecting" and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        session = client.remote.get_viewer_status(session["session_id"])
    return session


def _line(session: Row) -> str:
    shown = f"{session['session_id']} shows {session['remote_root']} of {session['connection_id']}: {session['status']}"
    return f"{shown}\n{session['url']}" if session.get("url") else shown


def _row(session: Row) -> tuple[str, ...]:
    since = session.get("since")
    names = ("session_id", "connection_id", "remote_root", "environment", "status")
    when = moment(since / 1000) if isinstance(since, (int, float)) else "–"
    return (*(str(session.get(name) or "–") for name in names), when, str(session.get("url") or "–"))


def _address(one: Row) -> str:
    user = f"{one['username']}@" if one.get("username") else ""
    return f"{user}{one['host']}:{one['port']}" + (f" through {one['jump']}" if one.get("jump") else "")


def _version(one: Row) -> str:
    return f"{one.get('distribution')} {one.get('runicorn_version')}" if one.get("distribution") else "–"


def _plain(rows: Sequence[Sequence[object]]) -> list[tuple[str, ...]]:
    return [tuple(plain(str(cell)) for cell in row) for row in rows]


_HOST = "user@host, host:port or a name of ~/.ssh/config"
_VIEWER = "a viewer's id, its connection or its host"
_ACTIONS = {
    "connect": _Action(_connect, "log in at a host", _HOST, logs_in=True),
    "hosts": _Action(_hosts, "list hosts: of ~/.ssh/config, saved, and connected"),
    "envs": _Action(_envs, "list the Python environments of a host", _HOST, logs_in=True),
    "start": _Action(_start, "start a viewer on a host, or find the one that runs", _HOST, logs_in=True),
    "status": _Action(_status, "list connections and viewers on other hosts", f"only {_VIEWER}"),
    "logs": _Action(_logs, "print the log of a viewer on a host", f"{_VIEWER}, where there are several"),
    "stop": _Action(_stop, "stop a viewer on a host", f"{_VIEWER}, where there are several"),
    "install": _Action(_install, "install our viewer on a host that has none", _HOST, logs_in=True),
    "disconnect": _Action(_disconnect, "close a connection, and stop the viewers on it", "user@host:port or host"),
}
