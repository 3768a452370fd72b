"""pandas frames of what the client returns: ``from runicorn.api import utils``."""

from runicorn_jupyter.client.utils import *  # noqa: F403
from runicorn_jupyter.client.utils import __all__ as __all__
