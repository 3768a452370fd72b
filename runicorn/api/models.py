"""The classes for rows of the API."""

from runicorn_jupyter.client.models import *  # noqa: F403
from runicorn_jupyter.client.models import __all__ as __all__
