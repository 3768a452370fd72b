"""The Python client under upstream 0.7's name; see `runicorn.api` for the documented one."""

from runicorn.api import exceptions as exceptions
from runicorn.api import models as models
from runicorn.api import utils as utils
from runicorn_jupyter.client import Artifact as Artifact
from runicorn_jupyter.client import ArtifactsAPI as ArtifactsAPI
from runicorn_jupyter.client import AuthenticationError as AuthenticationError
from runicorn_jupyter.client import BadRequestError as BadRequestError
from runicorn_jupyter.client import ConflictError as ConflictError
from runicorn_jupyter.client import ConnectionError as ConnectionError  # noqa: A004 - the documented name
from runicorn_jupyter.client import Experiment as Experiment
from runicorn_jupyter.client import HostKeyConfirmationRequiredError as HostKeyConfirmationRequiredError
from runicorn_jupyter.client import MetricPoint as MetricPoint
from runicorn_jupyter.client import MetricSeries as MetricSeries
from runicorn_jupyter.client import NotFoundError as NotFoundError
from runicorn_jupyter.client import PathInfo as PathInfo
from runicorn_jupyter.client import Project as Project
from runicorn_jupyter.client import RateLimitError as RateLimitError
from runicorn_jupyter.client import RemoteAPI as RemoteAPI
from runicorn_jupyter.client import RemoteSession as RemoteSession
from runicorn_jupyter.client import RunicornAPIError as RunicornAPIError
from runicorn_jupyter.client import RunInfo as RunInfo
from runicorn_jupyter.client import ServerError as ServerError
from runicorn_jupyter.client.dialect import RunicornClient as RunicornClient
from runicorn_jupyter.client.dialect import connect as connect
