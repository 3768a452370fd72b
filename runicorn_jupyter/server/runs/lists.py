"""Lists of runs over HTTP: ready texts, the facts of the list in headers, and 304 before a single run is read."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from runicorn_jupyter.models import Facets, ItemPage, RunFilter
from runicorn_jupyter.server.answer.wire import encode
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import query
from runicorn_jupyter.workspace import Workspace

COLUMNS = ("config", "summary", "metrics")
_PAGED = 0.3
"""Seconds that a page waits for the first walk over a root; who asks for all runs would take a part for the whole."""

_LIST_LIMIT = 1_000_000
FACET_LIMIT = 1000
_WORTH_IT = 32 * 1024
_AT_ONCE = 2000
LIST_HEADERS = {
    "X-Total-Count": "How many runs match",
    "X-Total-Is-Capped": "Whether there may be more than that",
    "X-Runicorn-Version": "The version of the index that this list is of",
    "X-Runicorn-Complete": "Whether every run of the root has been read",
    "X-Next-Cursor": "Where the next page begins",
}
_MOMENTS = ("now", "today")
_Page = TypeVar("_Page", ItemPage, Facets)


class Wanted(NamedTuple):
    """Which page of a list, as `Workspace.items` takes it."""

    order: str
    descending: bool
    limit: int | None
    offset: int
    cursor: str | None
    columns: list[str]


def wanted_page(
    *,
    limit: int | None = query.integer(0, _LIST_LIMIT, "How many runs; all of them without it"),
    offset: int = query.integer(0, _LIST_LIMIT, "How many runs to pass over before", default=0),
    order_by: str = query.text("`documented`, or any key of the query language", default="documented"),
    order_desc: bool = query.flag("The largest first"),
    cursor: str | None = query.text("Where the page before ended: its X-Next-Cursor"),
    columns: list[str] = query.choices(COLUMNS, "Wide documents to add to each run"),
) -> Wanted:
    """Return the page that a request asks for."""
    return Wanted(order_by, order_desc, limit, offset, cursor, columns)


def wanted_runs(
    *,
    project: str | None = query.text("Only runs of this project"),
    name: str | None = query.text("Only runs of this experiment"),
    status: str | None = query.text("Only runs of this status or state, or of several, separated by commas"),
    text: str | None = query.text("Only runs with this in id, project, name, alias or a tag"),
    ids: list[str] = query.words("Only these runs"),
    q: str | None = query.text("A condition in the query language, like lr < 1e-2"),
) -> RunFilter:
    """Return the runs that a request asks for."""
    return RunFilter(project, name, status, text, tuple(ids) or None, q)


class ListGate(Gate):
    """Base of handlers that answer with a list which only changes with the version of the index."""

    _etag: str | None = None

    def compute_etag(self) -> str | None:
        """Return what names this answer; hashing megabytes would cost more than making them."""
        return self._etag

    async def send_items(self, where: RunFilter, wanted: Wanted) -> None:
        """Answer with the page of the runs that match `where`."""
        page = await self._unless_known(
            lambda hall: hall.items(where, **wanted._asdict()), where, paged=wanted.limit is not None
        )
        if page is None:
            return
        self._describe(page)
        if page.cursor is not None:
            self.set_header("X-Next-Cursor", page.cursor)
            self.set_header("Link", f'<?{self._next_query(page.cursor)}>; rel="next"')
        if self._is_far():
            await self._send_packed(page.body())
        elif len(page.items) > _AT_ONCE:
            await self._stream(page)
        else:
            self._send(page.body())

    async def send_facets(self, where: RunFilter, keys: list[str], limit: int) -> None:
        """Answer with the facets of the runs that match `where`."""
        page = await self._unless_known(lambda hall: hall.facets(where, keys, limit=limit), where)
        if page is None:
            return
        self._describe(page)
        body = {"facets": [facet.wire() for facet in page.facets], "total": page.total}
        self._send(encode({**body, "total_is_capped": page.total_is_capped}))

    def _send(self, body: bytes) -> None:
        self.set_header("Content-Type", "application/json")
        self.set_header("Vary", "Accept-Encoding")
        self.finish(body)

    async def _send_packed(self, body: bytes) -> None:
        """Send `body` compressed, when it is worth it.

        10,000 runs take 14 ms to compress and shrink from 6 MB to 0.5: a gain over any network, a loss on loopback.
        """
        if len(body) >= _WORTH_IT:
            body = await self.service.in_thread(lambda: gzip.compress(body, 1, mtime=0))
            self.set_header("Content-Encoding", "gzip")
        self._send(body)

    async def _stream(self, page: ItemPage) -> None:
        """Send a long list piece by piece: others are served in between, and nothing is held twice."""
        self.set_header("Content-Type", "application/json")
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("Content-Length", str(sum(map(len, page.items)) + len(page.items) + 1))
        if self._etag is not None:
            self.set_header("Etag", self._etag)
        for piece in page.pieces():
            self.write(piece)
            await self.flush()
        self.finish()

    def _is_far(self) -> bool:
        """Tell whether the client takes gzip and sits behind a network, or behind a proxy that says who asks."""
        words = self.request.headers.get("Accept-Encoding", "").replace(" ", "").lower().split(",")
        near = self.request.remote_ip in {"127.0.0.1", "::1"} and "X-Forwarded-For" not in self.request.headers
        return "gzip" in words and not near

    async def _unless_known(
        self, question: Callable[[Workspace], _Page], where: RunFilter, *, paged: bool = False
    ) -> _Page | None:
        """Return the answer to `question`; None after a 304 when the client has it already."""
        ending = f"-{hashlib.sha256((self.request.uri or '').encode()).hexdigest()[:16]}"
        known = self._known(ending)

        def unless_known(hall: Workspace) -> _Page | str:
            mark = hall.mark()
            return mark if mark in known else question(hall)

        page = await self.ask(unless_known, patient=_PAGED if paged else True)
        if isinstance(page, str):
            self.set_header("Etag", f'W/"{page}{ending}"')
            self.set_status(304)
            self.finish()
            return None
        if not any(word in (where.query or "").lower() for word in _MOMENTS):  # such a list changes by itself
            self._etag = f'W/"{page.mark}{ending}"'
        return page

    def _known(self, ending: str) -> set[str]:
        """Return the marks of lists that the client has of this very address."""
        tags = self.request.headers.get("If-None-Match", "").split(",")
        words = (tag.strip().removeprefix("W/").strip('"') for tag in tags)
        return {word.removesuffix(ending) for word in words if word.endswith(ending)}

    def _describe(self, page: ItemPage | Facets) -> None:
        self.set_header("X-Total-Count", str(page.total))
        self.set_header("X-Total-Is-Capped", str(page.total_is_capped).lower())
        self.set_header("X-Runicorn-Version", str(page.version))
        self.set_header("X-Runicorn-Complete", str(page.complete).lower())
        if page.complete:
            self.service.foresee()

    def _next_query(self, cursor: str) -> str:
        asked = {
            name: values for name, values in self.request.query_arguments.items() if name not in {"cursor", "offset"}
        }
        return urlencode({**asked, "cursor": [cursor]}, doseq=True)
