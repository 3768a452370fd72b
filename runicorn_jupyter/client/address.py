"""From the address a person has, of a viewer or of any Jupyter page, to the address of our API."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit, urlunsplit

from runicorn_jupyter.client.errors import BadRequestError

_PAGES = frozenset({"lab", "tree", "notebooks", "edit", "doc", "consoles", "terminals", "view"})


class Address(NamedTuple):
    """Where a server is: its address without a trailing slash, the token in it, and where its API may lie."""

    base_url: str
    token: str | None
    apis: tuple[str, ...]


def parse(url: str) -> Address:
    """Return what `url` says: ``http://host:port``, a base URL of Jupyter, or what its browser shows.

    Raises
    ------
    BadRequestError
        It is no http or https address.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise BadRequestError(f"A viewer's address looks like http://127.0.0.1:23300, not {url!r}.")
    segments = parts.path.rstrip("/").split("/")
    for number, segment in enumerate(segments):
        if segment in _PAGES:
            segments = segments[:number]
            break
    path = "/".join(segments)
    base = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", ""))
    apis = (base,) if path.endswith("/api") else (f"{base}/api", f"{base}/runicorn/api")
    return Address(base, parse_qs(parts.query).get("token", [None])[0], apis)
