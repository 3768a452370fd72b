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
