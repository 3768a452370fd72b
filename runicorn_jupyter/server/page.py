"""Our page, its files, and the login that leads to it: of the viewer, and inside Jupyter under Jupyter's own login."""

from __future__ import annotations

import html
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, cast

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from runicorn_jupyter.errors import NotFound
from runicorn_jupyter.server.access.identity import ViewerIdentity
from runicorn_jupyter.server.answer.problems import describe
from runicorn_jupyter.server.gate import Gate

STATIC = Path(__file__).resolve().parent.parent / "static"
_SCRIPT = "page.js"
_STYLE = "page.css"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SECRETS = {"login", "token"}
"""Members of an address by which a browser logs in, here or in Jupyter; the address that stays has none (W28)."""
_LOGIN_HINT = "Run <code>runicorn viewer --url</code> in a terminal of the same user and open the address it prints."


class PageGate(Gate):
    """Base of what a person looks at in a browser; a refusal is a page, too."""

    navigable = True
    """A one-use login URL, or the owner's own navigation over loopback, ends here with the login cookie (G3)."""

    way_on = ""
    """HTML that leads on from an address where nothing is."""

    @property
    def way(self) -> str:
        """How the caller of a viewer is known; in Jupyter that is Jupyter's own matter."""
        return getattr(self.current_user, "way", "cookie")

    def let_in(self) -> None:
        """Give the browser its login cookie, if this is how it came."""
        if self.way in {"login", "navigation"}:
            identity = cast("ViewerIdentity", self.identity_provider)
            self.set_signed_cookie(
                identity.cookie, "owner", expires_days=None, httponly=True, samesite="Strict", path="/"
            )

    def xsrf(self) -> str:
        """Return the token that the page's changes need; a caller without token gets no cookie at all (G4)."""
        return "" if self.way in {"owner", "origin"} else self.xsrf_token.decode()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say it as a page: a person reads it."""
        problem = describe(kwargs.get("exc_info", (None, None))[1], status_code)
        if problem.status == HTTPStatus.UNAUTHORIZED and self._in_jupyter and self.request.method in {"GET", "HEAD"}:
            web.authenticated(lambda _: None)(self)  # leads to the login that this Jupyter has
            return
        self.set_status(problem.status)
        if problem.status == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", "token")
        refused = problem.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        hint = _LOGIN_HINT if refused and not self._in_jupyter else "" if refused else self.way_on
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(_document(f"<p>{html.escape(problem.message)}</p><p>{hint}</p>"))

    @property
    def _in_jupyter(self) -> bool:
        return "login_url" in self.settings

    def _check_site(self) -> None:
        """Let a browser come to a page of Jupyter's by any link: the login of a hub is one, at an address of its own.

        The viewer has no such login, and there coming by itself is what lets the owner in (G3).
        """
        marks = {name: self.request.headers.get(f"Sec-Fetch-{name}") for name in ("Mode", "Dest")}
        arriving = self.request.method == "GET" and marks == {"Mode": "navigate", "Dest": "document"}
        if not (self._in_jupyter and arriving):
            super()._check_site()


class OwnPage(PageGate):
    """Base of the addresses that show our page."""

    policy: ClassVar[str] = _POLICY

    async def show(self, mount: str, api: str, **config: Any) -> None:
        """Log in if this is how the browser came, then show the page.

        Parameters
        ----------
        mount : str
            The path to which ``/static`` is added.
        api : str
            The path of the API that the page asks.
        **config
            What else the page is told.
        """
        self.let_in()
        if not _SECRETS.isdisjoint(self.request.query_arguments):
            self.redirect(self.request.path)
            return
        config |= {"api": api, "xsrf": self.xsrf()}
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(await self.service.in_thread(lambda: _index(mount, config)))


class PageHandler(OwnPage):
    """The page of the runs that are here: at ``/``, or ``<base>/runicorn/`` inside Jupyter."""

    async def get(self) -> None:
        """Show it."""
        mount = self.request.path.rstrip("/")
        await self.show(mount, f"{mount}/api")


class StaticHandler(Gate, web.StaticFileHandler):
    """Our own built files, the same for everybody, so no login is asked (G1)."""

    @allow_unauthenticated
    async def get(self, path: str, include_body: bool = True) -> None:
        """Send one of the files of ``runicorn_jupyter/static``."""
        await web.StaticFileHandler.get(self, path, include_body)

    @allow_unauthenticated
    async def head(self, path: str) -> None:
        """Describe it."""
        await web.StaticFileHandler.get(self, path, include_body=False)

    def compute_etag(self) -> str | None:
        """Return the tag of the file."""
        return web.StaticFileHandler.compute_etag(self)


class NothingHereHandler(Gate):
    """404 for every address of the viewer that is neither page, file nor API."""

    async def prepare(self, **_: Any) -> None:
        """Pass the gate first."""
        await super().prepare()
        raise NotFound("There is nothing at this address; the page is at / and the API at /api.")


def _index(mount: str, config: dict[str, Any]) -> str:
    files = html.escape(f"{mount}/static")
    if not (STATIC / _SCRIPT).is_file():
        runs = html.escape(f"{config['api']}/runs")
        return _document(
            f'<p>The page of this viewer has not been built. The API works: try <a href="{runs}">{runs}</a>.</p>'
            "<p>In a clone of the sources, <code>make</code> builds it; a wheel always holds it.</p>"
        )
    style = f'<link rel="stylesheet" href="{files}/{_STYLE}">' if (STATIC / _STYLE).is_file() else ""
    # "<" cannot end the script element early.
    data = json.dumps(config).replace("<", "\\u003c")
    return _document(
        f'<div id="root"></div><script type="application/json" id="runicorn-config">{data}</script>'
        f'<script type="module" src="{files}/{_SCRIPT}"></script>',
        head=style,
    )


def _document(body: str, head: str = "") -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Runicorn</title>'
        '<link rel="icon" href="data:,">'
        f"{head}</head><body>{body}</body></html>"
    )


def page_routes(prefix: str) -> list[tuple[str, type[JupyterHandler], dict[str, Any]]]:
    """Return the rules of the page of a mount and its files, below `prefix`."""
    return [(f"{prefix}/", PageHandler, {}), *static_routes(prefix)]


def static_routes(prefix: str) -> list[tuple[str, type[JupyterHandler], dict[str, Any]]]:
    """Return the rule of the files of our pages, below `prefix`."""
    return [(rf"{prefix}/static/([A-Za-z0-9_-][A-Za-z0-9._-]*)", StaticHandler, {"path": str(STATIC)})]


NOTHING_ELSE: list[tuple[str, type[JupyterHandler], dict[str, Any]]] = [(r".*", NothingHereHandler, {})]
"""The last rule of a server of our own."""
