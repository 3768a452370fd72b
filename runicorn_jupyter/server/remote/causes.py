"""What may go wrong on the way to another host, by the kind of question: the codes of D33, for the documents."""

from __future__ import annotations

from runicorn_jupyter.errors import RootMissing, RunicornError
from runicorn_jupyter.workspace import far_errors as far

Causes = tuple[type[RunicornError], ...]

ASKING: Causes = (
    far.RemoteError,
    far.ConnectionNotFound,
    far.ConnectionTimeout,
    far.PythonMissing,
    far.NoShell,
    far.HostUnavailable,
)
"""Of a question to a host over a connection that stands."""

FOLDERS: Causes = (*ASKING, far.FolderNotFound, far.NotAFolder, far.FolderForbidden)
"""Of a look into a folder."""

LOGIN: Causes = (
    far.RemoteError,
    far.KeyUnreadable,
    far.AuthenticationFailed,
    far.PassphraseRequired,
    far.ConnectionTimeout,
    far.HostKeyUnconfirmed,
    far.HostKeyChanged,
    far.KnownHostsUnreadable,
    far.HostNotFound,
    far.ConnectionRefused,
    far.NoRoute,
    far.NotSsh,
)
"""Of a login."""

FINDING: Causes = (far.ConnectionNotFound, far.ViewerNotFound)
"""Of looking up a session; no host is asked."""

SESSION: Causes = (*ASKING, far.ViewerNotFound, far.ViewerAway)
"""Of a question about a viewer."""

STARTING: Causes = (
    *LOGIN,
    *ASKING,
    RootMissing,
    far.EnvironmentNotFound,
    far.ViewerMissing,
    far.ViewerFailed,
    far.QuotaExceeded,
)
"""Of starting a viewer."""
