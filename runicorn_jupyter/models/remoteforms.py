"""The forms in which other hosts go over HTTP, in the words of both documented generations (contract §1c)."""

from __future__ import annotations

from typing import TypedDict

from runicorn_jupyter.models.sessionforms import ViewerSession
from runicorn_jupyter.models.viewerforms import ViewerState


class ServerInfo(TypedDict):
    """What a host says of itself; null where it says nothing."""

    hostname: str | None
    os: str | None
    python_version: str | None


class OpenConnection(TypedDict):
    """One open connection, by both of its ids."""

    connection_id: str
    conn_id: str
    host: str
    port: int
    username: str
    connected: bool
    status: str
    created_at: str


class Connected(OpenConnection):
    """A connection that was opened, or found open."""

    ok: bool
    success: bool
    server_info: ServerInfo


class ListedConnection(OpenConnection):
    """A connection and the newest viewer that it carries."""

    viewer: ViewerState | None


class OpenConnections(TypedDict):
    """The open connections."""

    success: bool
    ok: bool
    connections: list[ListedConnection]
    total: int


class ConnectionClosed(TypedDict):
    """Which connection was closed."""

    success: bool
    ok: bool
    message: str
    connection_id: str


class Session(OpenConnection):
    """A connection in the words of 0.5.4."""

    key: str


class Sessions(TypedDict):
    """The open connections in the words of 0.5.4."""

    sessions: list[Session]


class Told(TypedDict):
    """Whether it was done, in words."""

    ok: bool
    success: bool
    message: str


class RemoteStatus(TypedDict):
    """How many connections and remote viewers there are."""

    connections: list[OpenConnection]
    viewer_sessions: list[ViewerSession]
    connection_count: int
    viewer_session_count: int


class FoundEnvironment(TypedDict):
    """A Python environment of a host."""

    name: str
    type: str
    path: str
    python_version: str | None
    runicorn_installed: bool
    runicorn_version: str | None
    distribution: str | None


class CondaEnvironment(FoundEnvironment):
    """An environment in the words of 0.5.4; `python_version` begins with ``Python``."""

    is_default: bool


class CondaEnvironments(TypedDict):
    """The environments in the words of 0.5.4."""

    ok: bool
    success: bool
    envs: list[CondaEnvironment]


class RootedEnvironment(FoundEnvironment):
    """An environment, and where its runs lie."""

    storage_root: str


class FoundEnvironments(TypedDict):
    """The environments in the words of 0.5.0."""

    success: bool
    ok: bool
    environments: list[RootedEnvironment]
    total: int


class DetectedEnvironments(TypedDict):
    """How many environments a new look found."""

    success: bool
    ok: bool
    message: str
    environments_found: int


class FarConfig(TypedDict):
    """The configuration of a host in the words of 0.5.0."""

    user_root_dir: str
    viewer_port: int | None


class RemoteConfig(TypedDict):
    """The configuration of an environment of a host, in the words of both generations."""

    ok: bool
    success: bool
    condaEnv: str
    pythonVersion: str | None
    runicornVersion: str | None
    runicorn_version: str | None
    defaultStorageRoot: str
    storageRootExists: bool
    homeDirectory: str
    suggestedRemotePort: int | None
    connectionId: str
    config: FarConfig


class Versions(TypedDict):
    """The versions in one environment."""

    pythonVersion: str | None
    runicornVersion: str | None


class EnvironmentConfigs(TypedDict):
    """The versions by environment."""

    ok: bool
    configs: dict[str, Versions]


class RemoteRoot(TypedDict):
    """A folder of a host that looks like a storage root."""

    path: str
    name: str
    run_count: int


class RemoteRoots(TypedDict):
    """Folders of a host that look like storage roots."""

    ok: bool
    scan_root: str
    max_depth: int
    candidates: list[RemoteRoot]


class FarItem(TypedDict):
    """Something in a folder of a host."""

    name: str
    is_dir: bool
    size: int
    mtime: float


class FarFolder(TypedDict):
    """A folder of a host; `entries` says the same as `items`."""

    path: str
    items: list[FarItem]
    entries: list[FarItem]
    total: int


class FarPath(TypedDict):
    """Whether something is at a path of a host."""

    path: str
    exists: bool
    is_dir: bool


class Pong(TypedDict):
    """The way to a host and back."""

    success: bool
    latency_ms: int
    timestamp: str


class KnownHost(TypedDict):
    """A key that was accepted here."""

    host: str
    port: int
    known_hosts_host: str
    key_type: str
    key_base64: str
    fingerprint_sha256: str


class KnownHosts(TypedDict):
    """The keys that were accepted here."""

    entries: list[KnownHost]


class Done(TypedDict):
    """It was done."""

    ok: bool
