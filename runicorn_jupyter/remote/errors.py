"""What can go wrong on the way to another host: each cause has its own code and one sentence (D33).

RemoteError                          500 ssh_error
├── KeyUnreadable                    400 key_unreadable
├── AuthenticationFailed             401 authentication_failed
│   └── PassphraseRequired           401 passphrase_required
├── ConnectionNotFound               404 connection_not_found
├── EnvironmentNotFound              404 environment_not_found
├── ConnectionTimeout                408 connection_timeout
├── HostKeyUnconfirmed               409 host_key_confirmation_required
├── HostKeyChanged                   409 host_key_changed
├── KnownHostsUnreadable             500 known_hosts_unreadable
├── PythonMissing                    502 python_missing
├── NoShell                          502 no_shell
└── HostUnavailable                  503 ssh_unavailable
    ├── HostNotFound                 503 host_not_found
    ├── ConnectionRefused            503 connection_refused
    ├── NoRoute                      503 no_route
    └── NotSsh                       503 not_ssh
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.errors import RunicornError

if TYPE_CHECKING:
    from runicorn_jupyter.remote.hostkeys import HostKey


class RemoteError(RunicornError):
    """SSH failed in a way that has no name of its own."""

    code = "ssh_error"


class KeyUnreadable(RemoteError):
    """A private key file is missing, no regular file, too large, or no key; its content is never told."""

    status = 400
    code = "key_unreadable"


class AuthenticationFailed(RemoteError):
    """The host refused every way to log in that was offered."""

    status = 401
    code = "authentication_failed"


class PassphraseRequired(AuthenticationFailed):
    """A private key is encrypted, and the passphrase is missing or wrong."""

    code = "passphrase_required"


class ConnectionNotFound(RemoteError, LookupError):
    """No open connection has this id."""

    status = 404
    code = "connection_not_found"


class EnvironmentNotFound(RemoteError, LookupError):
    """The host has no Python environment of this name."""

    status = 404
    code = "environment_not_found"


class ConnectionTimeout(RemoteError, TimeoutError):
    """The host did not answer in time."""

    status = 408
    code = "connection_timeout"


class HostKeyUnconfirmed(RemoteError):
    """Nobody has said yet that the key of this host is right; `key` is the one that it offered."""

    status = 409
    code = "host_key_confirmation_required"

    def __init__(self, key: HostKey) -> None:
        super().__init__(
            f"The key of {key.known_hosts_host} is not known yet: {key.key_type} {key.fingerprint_sha256}. "
            "Compare it with what the host's owner says, then accept it."
        )
        self.key = key

    def extra(self) -> Mapping[str, Any]:
        """Return the key; upstream's page reads `detail` as an object (X29)."""
        item = self.key.item()
        detail = {"code": "HOST_KEY_CONFIRMATION_REQUIRED", "message": str(self), "host_key": item}
        return {"detail": detail, "host_key": item}


class HostKeyChanged(RemoteError):
    """The host shows another key than the one that is known: a hard stop, nothing was sent to it."""

    status = 409
    code = "host_key_changed"


class KnownHostsUnreadable(RemoteError):
    """A known_hosts file cannot be read: which keys are trusted, or revoked, is not known."""

    code = "known_hosts_unreadable"


class PythonMissing(RemoteError):
    """The host has no usable python3."""

    status = 502
    code = "python_missing"


class NoShell(RemoteError):
    """The account may log in but run nothing."""

    status = 502
    code = "no_shell"


class HostUnavailable(RemoteError):
    """The host cannot be reached."""

    status = 503
    code = "ssh_unavailable"


class HostNotFound(HostUnavailable):
    """The name of the host is not known."""

    code = "host_not_found"


class ConnectionRefused(HostUnavailable):
    """Nothing listens at this port of the host."""

    code = "connection_refused"


class NoRoute(HostUnavailable):
    """No way leads to the host."""

    code = "no_route"


class NotSsh(HostUnavailable):
    """Something listens there, but it does not speak SSH."""

    code = "not_ssh"
