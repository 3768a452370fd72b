"""What the client raises."""

from runicorn_jupyter.client.errors import *  # noqa: F403
from runicorn_jupyter.client.errors import __all__ as __all__
