"""A small HTTP server that answers what a test says: for servers that are old, foreign or broken."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HEALTH = {"status": "ok", "version": "9", "api_version": "1", "storage": "there", "complete": True}


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class StandIn:
    """Where it listens, what it was asked, what it answers by path (without the query), and to any other path."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    otherwise: Callable[[BaseHTTPRequestHandler], None] = field(
        default_factory=lambda: sends({"detail": "Not Found"}, 404)
    )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, path: str) -> int:
        return sum(asked.path.split("?")[0] == path for asked in self.asked)


def sends(
    value: Any = None, status: int = 200, *, body: bytes | None = None, kind: str = "application/json", claim: int = 0
) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with `value` as JSON, or with `body`; `claim` more bytes are promised than sent."""
    content = json.dumps(value).encode() if body is None else body

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(content) + claim))
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = bool(claim)

    return answer


def in_turn(*answers: Callable[[BaseHTTPRequestHandler], None]) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer the first time with the first, and so on; the last one stays."""
    left = list(answers)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return answer


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


@contextmanager
def stand_in(**answers: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[StandIn]:
    """Serve; the health of a viewer is there unless ``health`` says otherwise, keys are paths with ``_`` for ``/``."""
    server = StandIn()
    server.answers = {"/api/health": sends(HEALTH)}
    server.answers |= {f"/api/{name.replace('_', '/')}": answer for name, answer in answers.items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one write, or each answer waits 40 ms for the other end's ACK

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            server.answers.get(self.path.split("?")[0], server.otherwise)(self)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.port = http.server_port
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
