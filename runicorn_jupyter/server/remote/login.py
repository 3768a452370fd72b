"""What a body says about logging in at a host, and the login itself: five failures a minute for each host (D8)."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from runicorn_jupyter.errors import RateLimited, RunicornError
from runicorn_jupyter.models import HostFacts, RemoteConnection
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.remote.savedhosts import saved_password
from runicorn_jupyter.server.request import body

DEFAULT_PORT = 22
LAST_PORT = 65_535
_LONGEST_S = 300
_FAILED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.SERVICE_UNAVAILABLE}


class Login(NamedTuple):
    """How to log in at a host whose name comes beside it."""

    username: str
    port: int | None
    seconds: int
    ssh_config: bool
    use_saved: bool
    credentials: dict[str, str | bool | None]


def asked_login(
    *,
    port: int | None = body.integer(1, LAST_PORT, "Port of sshd, 22 if absent", default=None),
    username: str | None = body.text("User to log in as; with ssh_config the file may say it", default=None),
    auth_method: str | None = body.text("key, password or agent; without it all that is given", default=None),
    password: str | None = body.text("Password", default=None),
    private_key: str | None = body.text("A private key as text", default=None),
    private_key_path: str | None = body.text("File of a private key where this server runs", default=None),
    passphrase: str | None = body.text("Passphrase of the private key", default=None),
    use_agent: bool = body.flag("Whether the SSH agent may be asked", default=True),
    seconds: int | None = body.integer(1, _LONGEST_S, "Seconds to wait, 15 at most", default=None, name="timeout"),
    ssh_config: bool = body.flag("Whether ~/.ssh/config of this server's user completes the rest"),
    use_saved: bool = body.flag("Whether to take the password that the keyring keeps", name="use_saved_password"),
) -> Login:
    """Return the login that a body describes."""
    credentials: dict[str, str | bool | None] = {
        "method": auth_method,
        "password": password,
        "private_key": private_key,
        "private_key_path": private_key_path,
        "passphrase": passphrase,
        "use_agent": use_agent,
    }
    return Login(username or "", port, seconds or _LONGEST_S, ssh_config, use_saved, credentials)


async def log_in(gate: Gate, host: str, login: Login) -> tuple[RemoteConnection, HostFacts | None]:
    """Log in at a host, or find the connection that is open; only a login that failed is counted.

    Raises
    ------
    RateLimited
        Too many logins failed at this host in the last minute; nothing is tried.
    RunicornError
        One for each cause.
    """
    limits = gate.service.limits
    standing = limits.peek("connect", host)
    if not standing.allowed:
        raise RateLimited("Too many failed logins at this host; wait a minute.", retry_after=standing.reset)
    credentials = dict(login.credentials)
    if login.use_saved and not credentials["password"]:
        port = login.port or DEFAULT_PORT
        credentials["password"] = await gate.service.in_thread(lambda: saved_password(host, port, login.username))
    try:
        return await gate.ask_far(
            lambda far: far.connect(
                host, login.username, login.port, patience=login.seconds, ssh_config=login.ssh_config, **credentials
            )
        )
    except RunicornError as error:
        if error.status in _FAILED:
            limits.take("connect", host)
        raise
