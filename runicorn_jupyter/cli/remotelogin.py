"""Logging in at another host from the terminal: whose key it is, and a password that nobody else sees."""

from __future__ import annotations

import argparse
import getpass
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runicorn_jupyter.cli.output import confirm, plain
from runicorn_jupyter.errors import BadRequest, RunicornError

if TYPE_CHECKING:
    from runicorn_jupyter.client import RunicornClient

_TARGET = re.compile(
    r"(?:ssh://)?(?:(?P<user>[^@]*)@)?(?:\[(?P<address>[^]]+)\]|(?P<host>[^:@]+)|(?P<six>[^@]*:[^@]*:[^@]*))"
    r"(?::(?P<port>\d{1,5}))?"
)
_PORT = 22
_KEYS = 8
_TRIES = 3


class Target(NamedTuple):
    """What ``user@host:port`` says."""

    host: str
    user: str | None
    port: int | None


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add how to log in; no secret is ever an argument, which every user of the machine could read."""
    add = parser.add_argument
    add("--key", metavar="FILE", help="private key file; without it the SSH agent and the usual files are tried")
    add("--password", action="store_true", help="ask for a password at once, rather than when the host wants one")
    add("--no-agent", action="store_true", help="leave the SSH agent out")
    add("--no-ssh-config", action="store_true", help="do not let ~/.ssh/config complete host, port, user and key")
    add("--accept-fingerprint", dest="accepted", action="append", default=[], metavar="SHA256:…",
        help="trust an unknown host that shows just this key; without a terminal the only way")  # fmt: skip


def target_of(text: str) -> Target:
    """Return what ``[user@]host[:port]`` says.

    Raises
    ------
    BadRequest
        It says none of it.
    """
    found = _TARGET.fullmatch(text)
    if found is None:
        raise BadRequest(f"A host is written user@host, host:port or a name of ~/.ssh/config, not {text!r}.")
    port = found["port"]
    host = found["address"] or found["host"] or found["six"]
    return Target(host, found["user"] or None, None if port is None else int(port))


def meant(client: RunicornClient, text: str) -> Target:
    """Return what `text` says, completed by the server's ``~/.ssh/config`` where that has such a name."""
    said = target_of(text)
    for one in client.remote.list_ssh_hosts():
        if one["name"] == said.host:
            return Target(one["host"], said.user or one.get("username"), said.port or one.get("port"))
    return said


def connected(client: RunicornClient, options: argparse.Namespace) -> dict[str, Any]:
    """Return the open connection to the host that `options` name, logging in when there is none.

    Raises
    ------
    RunicornError
        Nobody said yes to the host's key, or the host lets nobody in.
    """
    login = _Login(client, options)
    for _ in range(_KEYS + _TRIES):
        answer = login.attempt()
        if answer is not None:
            return answer
    raise RunicornError(f"{options.target} could not be logged in at.")


class _Login:
    """One login: what the host asked so far, and what was answered."""

    def __init__(self, client: RunicornClient, options: argparse.Namespace) -> None:
        where = target_of(options.target)
        self._client = client
        self._options = options
        self._words: dict[str, Any] = {
            "host": where.host,
            "port": where.port or _PORT,
            "username": where.user,
            "private_key_path": str(Path(options.key).expanduser().absolute()) if options.key else None,
            "use_agent": not options.no_agent,
            "ssh_config": not options.no_ssh_config,
        }
        if where.user is None and options.no_ssh_config:
            self._words["username"] = getpass.getuser()
        self._asked = 0
        if options.password:
            self._ask("password", f"Password for {options.target}: ")

    def attempt(self) -> dict[str, Any] | None:
        """Return the connection, None when something was answered and it is worth another try."""
        from runicorn_jupyter.client import AuthenticationError, HostKeyConfirmationRequiredError

        try:
            return self._client.remote.connect(**self._words)
        except HostKeyConfirmationRequiredError as error:
            self._trust(error.host_key)
        except AuthenticationError as error:
            wants = "passphrase" if error.error == "passphrase_required" else "password"
            if error.error not in {"passphrase_required", "authentication_failed"} or self._asked >= _TRIES:
                raise
            if not sys.stdin.isatty() or error.takes_password is False:
                raise
            sys.stderr.write(f"{plain(str(error))}\n")
            self._ask(wants, f"{wants.capitalize()} for {self._options.target}: ")
        return None

    def _ask(self, what: str, question: str) -> None:
        if not sys.stdin.isatty():
            raise RunicornError(f"A {what} can only be typed at a terminal: use a key, or the SSH agent.")
        self._asked += 1
        self._words[what] = getpass.getpass(question)

    def _trust(self, key: dict[str, Any]) -> None:
        shown = str(key.get("fingerprint_sha256"))
        name = plain(str(key.get("known_hosts_host")))
        if self._options.accepted:
            if shown not in self._options.accepted:
                raise RunicornError(f"{name} shows {plain(shown)}, which is not the key you named: nothing was sent.")
        elif not sys.stdin.isatty():
            raise RunicornError(
                f"{name} is not known yet: once its owner confirms {plain(shown)}, give --accept-fingerprint with it."
            )
        else:
            sys.stderr.write(f"{name} is not known yet. It shows {plain(str(key.get('key_type')))} {plain(shown)}\n")
            if not confirm("Is this the key that its owner told you, and do you trust it from now on?"):
                raise RunicornError(f"{name} was not trusted: nothing was sent.")
        names = ("host", "port", "key_type", "public_key", "fingerprint_sha256")
        self._client.remote.confirm_host_key(**{name: key[name] for name in names})
