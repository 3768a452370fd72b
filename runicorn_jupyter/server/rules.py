"""Everything a mount answers, in the order in which it is tried: the API, what describes it, other hosts, the page."""

from __future__ import annotations

from runicorn_jupyter.server.page import page_routes
from runicorn_jupyter.server.remote.proxy import proxy_routes
from runicorn_jupyter.server.remote.sessionpage import session_page_routes
from runicorn_jupyter.server.routes import Route, mount
from runicorn_jupyter.server.spec.documents import document_routes


def rules(prefix: str) -> list[Route]:
    """Return tornado's rules of a mount below `prefix`: nothing in the viewer, ``/runicorn`` inside Jupyter."""
    return [
        *mount(f"{prefix}/api"),
        *document_routes(prefix),
        *proxy_routes(prefix),
        *session_page_routes(prefix),
        *page_routes(prefix),
    ]
