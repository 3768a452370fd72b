"""The typed HTTP client behind `runicorn.api`."""

from runicorn_jupyter.client.artifacts import ArtifactsAPI
from runicorn_jupyter.client.client import RunicornClient, connect
from runicorn_jupyter.client.errors import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectionError,  # noqa: A004 - the documented name
    HostKeyConfirmationRequiredError,
    NotFoundError,
    RateLimitError,
    RunicornAPIError,
    ServerError,
)
from runicorn_jupyter.client.models import (
    Artifact,
    Experiment,
    MetricPoint,
    MetricSeries,
    PathInfo,
    Project,
    RemoteSession,
    RunInfo,
)
from runicorn_jupyter.client.remote import RemoteAPI

__all__ = [
    "Artifact",
    "ArtifactsAPI",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "ConnectionError",
    "Experiment",
    "HostKeyConfirmationRequiredError",
    "MetricPoint",
    "MetricSeries",
    "NotFoundError",
    "PathInfo",
    "Project",
    "RateLimitError",
    "RemoteAPI",
    "RemoteSession",
    "RunInfo",
    "RunicornAPIError",
    "RunicornClient",
    "ServerError",
    "connect",
]
