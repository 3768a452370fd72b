"""Opening one SSH connection: strict about the host's key, every wait with an end, every failure with its cause."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import Any

import asyncssh

from runicorn_jupyter.remote.address import Address
from runicorn_jupyter.remote.credentials import Credentials
from runicorn_jupyter.remote.errors import (
    AuthenticationFailed,
    ConnectionRefused,
    ConnectionTimeout,
    HostKeyChanged,
    HostKeyUnconfirmed,
    HostNotFound,
    HostUnavailable,
    NoRoute,
    NotSsh,
    RemoteError,
)
from runicorn_jupyter.remote.hostkeys import HostKeys, Known

PATIENCE_S = 15.0
_KEEPALIVE_S = 15
_KEEPALIVES = 3
_KINDS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
_CIPHERS = ("aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")
"""None that loses packets unseen where a host lacks the strict key exchange: not chacha20-poly1305, not CBC."""
_NO_ROUTE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}


async def connect(
    where: Address,
    credentials: Credentials,
    keys: HostKeys,
    *,
    patience: float = PATIENCE_S,
    through: asyncssh.SSHClientConnection | None = None,
) -> asyncssh.SSHClientConnection:
    """Return an open connection to a host whose key is trusted.

    Parameters
    ----------
    where, credentials, keys
        The login, how to log in, and which keys are trusted.
    patience : float
        Seconds until it is given up, whatever the host does meanwhile; at most 15.
    through : connection, optional
        A jump host; closing it is the caller's.

    Raises
    ------
    HostKeyUnconfirmed, HostKeyChanged
        Before anything of the login was sent.
    RemoteError
        One of remote/errors.py for each cause.
    """
    known = await asyncio.to_thread(keys.known, where)
    options = await credentials.options()
    client = _Client(where, keys, known)
    opening = asyncio.ensure_future(
        asyncssh.connect(
            where.host,
            where.port,
            username=where.user,
            tunnel=through or (),
            config=[],
            known_hosts=tuple(known),
            server_host_key_algs=_kinds(known),
            encryption_algs=_CIPHERS,
            compression_algs=("none",),
            client_factory=lambda: client,
            agent_forwarding=False,
            x11_forwarding=False,
            gss_auth=False,
            gss_kex=False,
            gss_host=None,
            host_based_auth=False,
            keepalive_interval=_KEEPALIVE_S,
            keepalive_count_max=_KEEPALIVES,
            connect_timeout=min(patience, PATIENCE_S),
            login_timeout=min(patience, PATIENCE_S),
            **options,
        )
    )
    done, _ = await asyncio.wait({opening}, timeout=min(patience, PATIENCE_S))
    if not done:
        opening.cancel()
        raise ConnectionTimeout(f"{where.host} did not finish the login in time.")
    try:
        return opening.result()
    except (OSError, asyncssh.Error) as error:
        if isinstance(error, asyncssh.PermissionDenied):
            raise _refused(where, credentials, takes_password=client.takes_password) from None
        raise client.judgement or _cause(error, where, client) from None


def _kinds(known: Known) -> list[str]:
    """Return which kinds of host keys are asked for: known ones first, but never only those.

    A host that has none of them would hang up without showing a key, and nobody could tell that it changed.
    """
    signed = [f"{kind}-cert-v01@openssh.com" for kind in _KINDS] if known.signers else []
    first = [name.decode() for key in known.keys for name in key.sig_algorithms]
    return list(dict.fromkeys([*signed, *(kind for kind in first if kind in _KINDS), *_KINDS]))


class _Client(asyncssh.SSHClient):
    """Watches how far a connection gets: what the host shows decides how a failure is told."""

    def __init__(self, where: Address, keys: HostKeys, known: Known) -> None:
        self._where = where
        self._keys = keys
        self.known = known
        self.judgement: RemoteError | None = None
        self.takes_password = False
        self._connection: asyncssh.SSHClientConnection | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn

    @property
    def spoke_ssh(self) -> bool:
        return self._connection is not None and bool(self._connection.get_extra_info("server_version"))

    def password_auth_requested(self) -> None:
        """Note that the host takes passwords; one that was given has been sent before this is asked."""
        self.takes_password = True

    def kbdint_auth_requested(self) -> Any:
        """Note that the host asks questions; asyncssh answers one for the password by itself."""
        self.takes_password = True
        return NotImplemented

    def validate_host_public_key(self, _host: str, _ip: str, _port: int, key: asyncssh.SSHKey) -> bool:
        """Never trust by ourselves: say why not, before anything of the login is sent."""
        if key in self.known.revoked:
            self.judgement = HostKeyChanged(f"The key that {self._where.host} shows has been revoked. Do not connect.")
        elif self.known.keys:
            self.judgement = _changed(self._where)
        else:
            self.judgement = HostKeyUnconfirmed(self._keys.offered(self._where, key))
        return False


def _changed(where: Address) -> HostKeyChanged:
    return HostKeyChanged(
        f"The key of {where.known_hosts_name} is another one than the one that is known. Somebody may be listening in, "
        "or the host was set up anew: ask its owner, and only then remove the old key from known_hosts."
    )


def _refused(where: Address, credentials: Credentials, *, takes_password: bool) -> AuthenticationFailed:
    said = f"{where.host} refused to let {where.user} in. Tried: {credentials.tried() or 'nothing'}."
    if credentials.on_the_way:
        said += " It is only on the way, where a key must do."
    elif not takes_password:
        said += " It takes no passwords, only keys."
    return AuthenticationFailed(said, takes_password=takes_password and not credentials.on_the_way)


def _cause(error: OSError | asyncssh.Error, where: Address, client: _Client) -> RemoteError:  # noqa: PLR0911 - a table
    """Return the error that a person is told, never with text of the host in it."""
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return HostKeyChanged(f"The key that {where.host} shows has been revoked, or its certificate does not hold.")
    if isinstance(error, asyncssh.ChannelOpenError):
        return HostUnavailable(f"The host on the way could not reach {where.host}, or does not let us through.")
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return RemoteError(f"{where.host} and we share no safe cipher or kind of key.")
    if isinstance(error, socket.gaierror):
        return HostNotFound(f"The host name {where.host} is not known: check its spelling, or the VPN.")
    if isinstance(error, ConnectionRefusedError):
        return ConnectionRefused(f"Nothing listens on port {where.port} of {where.host}.")
    if isinstance(error, TimeoutError | asyncssh.TimeoutError):
        return ConnectionTimeout(f"{where.host} did not answer in time.")
    if isinstance(error, asyncssh.Error):
        return _broken(where, client)
    if error.errno in _NO_ROUTE:
        return NoRoute(f"No way leads to {where.host}: check the network, or the VPN.")
    return _broken(where, client) if isinstance(error, ConnectionError) else _unavailable(where)


def _broken(where: Address, client: _Client) -> RemoteError:
    if client.spoke_ssh:
        return RemoteError(f"{where.host} closed the connection before the login was done.")
    return NotSsh(f"What listens on port {where.port} of {where.host} does not speak SSH.")


def _unavailable(where: Address) -> HostUnavailable:
    return HostUnavailable(f"{where.host} cannot be reached.")
