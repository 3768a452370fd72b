"""What can go wrong on the way to another host: each cause has its own code and one sentence (D33).

RemoteError                          500 ssh_error
├── KeyUnreadable                    400 key_unreadable
├── AuthenticationFailed             401 authentication_failed
│   └── PassphraseRequired           401 passphrase_required
├── NotAFolder                       400 not_a_folder
├── FolderForbidden                  403 folder_forbidden
├── FolderNotFound                   404 folder_not_found
├── ConnectionNotFound               404 connection_not_found
├── EnvironmentNotFound              404 environment_not_found
├── ViewerNotFound                   404 session_not_found
├── ConnectionTimeout                408 connection_timeout
├── HostKeyUnconfirmed               409 host_key_confirmation_required
├── HostKeyChanged                   409 host_key_changed
├── ViewerMissing                    409 viewer_missing
├── KnownHostsUnreadable             500 known_hosts_unreadable
├── PythonMissing                    502 python_missing
├── NoShell                          502 no_shell
├── ViewerFailed                     502 viewer_failed
├── InstallFailed                    502 install_failed
├── ViewerAway                       503 viewer_unavailable
├── HostUnavailable                  503 ssh_unavailable
│   ├── HostNotFound                 503 host_not_found
│   ├── ConnectionRefused            503 connection_refused
│   ├── NoRoute                      503 no_route
│   └── NotSsh                       503 not_ssh
└── QuotaExceeded                    507 quota_exceeded
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
    """The host refused every way to log in that was offered.

    Parameters
    ----------
    message : str
        The sentence to show.
    takes_password : bool, optional
        Whether it would take a password; None where that is not known.
    """

    status = 401
    code = "authentication_failed"

    def __init__(self, message: str, *, takes_password: bool | None = None) -> None:
        super().__init__(message)
        self.takes_password = takes_password

    def extra(self) -> Mapping[str, Any]:
        """Return whether it is worth asking for a password, where that is known."""
        return {} if self.takes_password is None else {"takes_password": self.takes_password}


class PassphraseRequired(AuthenticationFailed):
    """A private key is encrypted, and the passphrase is missing or wrong."""

    code = "passphrase_required"


class NotAFolder(RemoteError):
    """What is at this path of the host is no folder."""

    status = 400
    code = "not_a_folder"


class FolderForbidden(RemoteError):
    """The account may not look into a folder of the host."""

    status = 403
    code = "folder_forbidden"


class FolderNotFound(RemoteError, LookupError):
    """The host has no folder at this path."""

    status = 404
    code = "folder_not_found"


class ConnectionNotFound(RemoteError, LookupError):
    """No open connection has this id."""

    status = 404
    code = "connection_not_found"


class EnvironmentNotFound(RemoteError, LookupError):
    """The host has no Python environment of this name."""

    status = 404
    code = "environment_not_found"


class ViewerNotFound(RemoteError, LookupError):
    """There is no session of this id."""

    status = 404
    code = "session_not_found"


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


class ViewerMissing(RemoteError):
    """The environment has no viewer of ours; ours may be installed there when somebody says yes.

    Parameters
    ----------
    message : str
        The sentence to show.
    can_install : bool
        Whether we can install it there.
    distribution : str, optional
        ``runicorn`` where upstream's own viewer is.
    """

    status = 409
    code = "viewer_missing"

    def __init__(self, message: str, *, can_install: bool, distribution: str | None = None) -> None:
        super().__init__(message)
        self.can_install = can_install
        self.distribution = distribution

    def extra(self) -> Mapping[str, Any]:
        """Return what can be done about it."""
        return {"can_install": self.can_install, "distribution": self.distribution}


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


class ViewerFailed(RemoteError):
    """The viewer could not be started on the host; the text ends with the end of its log."""

    status = 502
    code = "viewer_failed"


class InstallFailed(RemoteError):
    """Our viewer could not be installed on the host; nothing half is left there."""

    status = 502
    code = "install_failed"


class ViewerAway(RemoteError):
    """The far viewer cannot be asked right now.

    Parameters
    ----------
    state : str
        Of its session.
    reason : str
        The sentence to show.
    """

    status = 503
    code = "viewer_unavailable"
    retry_after = 2

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state = state

    def extra(self) -> Mapping[str, Any]:
        """Return the state, for a screen that waits for a better one."""
        return {"state": self.state, "reason": str(self)}


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


class QuotaExceeded(RemoteError):
    """The account has no room left on the host."""

    status = 507
    code = "quota_exceeded"
