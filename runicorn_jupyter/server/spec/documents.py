"""The API described for people and programs: OpenAPI, Swagger UI, ReDoc and Postman (R49–R51), beside `/api`."""

from __future__ import annotations

import html
import json
from typing import Any, ClassVar

from jupyter_server.utils import url_path_join
from tornado import web
from tornado.web import RequestHandler

from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.page import STATIC, PageGate
from runicorn_jupyter.server.spec.openapi import document
from runicorn_jupyter.server.spec.postman import collection

_FOLDER = STATIC / "docs"
# Both programs write style attributes; nothing that a user logged is ever on these pages.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class OpenApiHandler(Gate):
    """R51."""

    async def get(self) -> None:
        """Send the document; its server is the one that was asked."""
        await self.reply({**document(), "servers": [{"url": _mount(self)}]})


class PostmanHandler(Gate):
    """The same as a Postman collection."""

    async def get(self) -> None:
        """Send the collection, with the address of this server as the variable ``base_url``."""
        base = f"{self.request.protocol}://{self.request.host}{_mount(self)}"
        self.set_attachment_header("runicorn.postman_collection.json")
        await self.reply(collection(document(), base.rstrip("/")))


class _Reader(PageGate):
    policy: ClassVar[str] = _POLICY
    scripts: ClassVar[tuple[str, ...]] = ()
    styles: ClassVar[tuple[str, ...]] = ()

    async def get(self) -> None:
        """Show the page."""
        self.let_in()
        mount = _mount(self)
        config = {"openapi": url_path_join(mount, "openapi.json"), "xsrf": self.xsrf()}
        base = html.escape(url_path_join(mount, "docs/"))
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Runicorn API</title>'
            '<link rel="icon" href="data:,">'
            + "".join(f'<link rel="stylesheet" href="{base}{name}">' for name in self.styles)
            + '</head><body><div id="reader"></div><script type="application/json" id="config">'
            + json.dumps(config).replace("<", "\\u003c")
            + "</script>"
            + "".join(f'<script src="{base}{name}"></script>' for name in self.scripts)
            + "</body></html>"
        )


class SwaggerHandler(_Reader):
    """R49."""

    scripts: ClassVar[tuple[str, ...]] = ("swagger-ui-bundle.js", "reader.js")
    styles: ClassVar[tuple[str, ...]] = ("swagger-ui.css",)


class RedocHandler(_Reader):
    """R50."""

    scripts: ClassVar[tuple[str, ...]] = ("redoc.standalone.js", "reader.js")


class ReaderFileHandler(Gate, web.StaticFileHandler):
    """The programs of these two pages."""

    async def get(self, path: str, include_body: bool = True) -> None:
        """Send one of them."""
        await web.StaticFileHandler.get(self, path, include_body)

    async def head(self, path: str) -> None:
        """Describe it."""
        await web.StaticFileHandler.get(self, path, include_body=False)

    def compute_etag(self) -> str | None:
        """Return the tag of the file."""
        return web.StaticFileHandler.compute_etag(self)


def document_routes(prefix: str) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Return the rules of the documents below `prefix`, which ends without a slash."""
    return [
        (f"{prefix}/openapi.json", OpenApiHandler, {}),
        (f"{prefix}/postman.json", PostmanHandler, {}),
        (f"{prefix}/docs", SwaggerHandler, {}),
        (f"{prefix}/redoc", RedocHandler, {}),
        (f"{prefix}/docs/([a-z][a-z.-]*)", ReaderFileHandler, {"path": str(_FOLDER)}),
    ]


def _mount(handler: Gate) -> str:
    """Return the path to which ``/api`` is added: the address of a document, without its name."""
    return handler.request.path.rpartition("/")[0] or "/"
