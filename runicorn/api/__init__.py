"""The Python client of a viewer: ``import runicorn.api as api; api.connect("http://127.0.0.1:23300")``."""

from runicorn.api import exceptions as exceptions
from runicorn.api import models as models
from runicorn.api import utils as utils
from runicorn_jupyter.client import *  # noqa: F403
from runicorn_jupyter.client import __all__ as __all__
