"""Other hosts as every door shows them; what a host says of itself is plain text without control characters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RemoteConnection:
    """One open login."""

    key: str
    """The documented id, ``user@host:port``."""
    conn_id: str
    """The id that 0.5.0 clients use, ``conn_`` and eight digits."""
    host: str
    port: int
    username: str
    created: float
    connected: bool = True


@dataclass(frozen=True, slots=True)
class Environment:
    """One Python of a host, and what of ours it has."""

    name: str
    type: str
    prefix: str
    python: str
    python_version: str | None
    distribution: str | None
    """``runicorn-jupyter`` or upstream's ``runicorn``."""
    runicorn_version: str | None

    @property
    def has_viewer(self) -> bool:
        """Whether our own viewer can be started in it."""
        return self.distribution == "runicorn-jupyter"


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What a host says of itself, and of where its runs lie."""

    hostname: str
    os: str
    home: str
    python_version: str
    root: str
    root_reason: str
    root_exists: bool


@dataclass(frozen=True, slots=True)
class Detected:
    """A host after one look: its facts, and its environments with the login shell's first."""

    host: HostFacts
    environments: tuple[Environment, ...]


@dataclass(frozen=True, slots=True)
class SshHost:
    """A host as ``~/.ssh/config`` of the user has it; None is what the file does not say."""

    name: str
    host: str
    port: int
    username: str | None
    identity_file: str | None
    jump: str | None
    """Another host, or several joined by commas, to go through."""


@dataclass(frozen=True, slots=True)
class RemoteSession:
    """One viewer of ours on another host, and how well it can be reached."""

    id: str
    """8 hex digits, the same again for this installation, connection, root and environment."""
    connection_id: str
    """``user@host:port``."""
    conn_id: str
    host: str
    port: int
    username: str
    root: str
    """An absolute path there."""
    environment: str
    """Its name there."""
    state: str
    """``connecting``, ``running``, ``reconnecting``, ``degraded`` or ``stopped``."""
    reason: str | None
    """A sentence: why it does not run, or what happened last."""
    since: float
    """When this state began."""
    started: float
    """When the process there began."""
    pid: int | None
    version: str | None
    """Of the viewer there."""
    restarts: int
    """How many later processes this session has had."""
    next_try: float | None
    """When it tries again, while it reconnects."""


@dataclass(frozen=True, slots=True)
class FarLog:
    """The end of a far viewer's log, or what came after a place in it."""

    lines: tuple[str, ...]
    total: int
    """Lines of the whole log."""
    end: int
    """The byte from which to go on."""


@dataclass(frozen=True, slots=True)
class SessionChecks:
    """What of a session is well: the way to the host, the process there, and its answers."""

    ssh: bool
    process: bool
    answers: bool
