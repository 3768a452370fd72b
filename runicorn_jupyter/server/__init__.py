"""Door B, HTTP: one gate, one route table, mounted in Jupyter by the extension and alone by the viewer."""

from __future__ import annotations

from runicorn_jupyter.server.routes import mount
from runicorn_jupyter.server.service import Service

__all__ = ["Service", "mount"]
