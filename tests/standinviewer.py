"""A far viewer without the rest of it: one unix socket, a lease, /api/health; it starts in a tenth of the time.

Run by a far environment's `python` as `-m runicorn_jupyter viewer …`, so it takes that command line. Standard library
only. `GET /bytes/N` answers N bytes, `POST /echo` what it was sent, any
other POST how much that was.
"""

from __future__ import annotations

import argparse
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    heard = time.monotonic()

    def do_GET(self) -> None:
        Handler.heard = time.monotonic()
        if self.path.startswith("/bytes/"):
            self.answer(b"x" * int(self.path.rpartition("/")[2]))
        else:
            self.answer(b'{"status": "ok", "version": "0.0.1"}')

    def do_POST(self) -> None:
        Handler.heard = time.monotonic()
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(sent if self.path == "/echo" else b"took %d" % len(sent))

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: object) -> None:
        return


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-m", dest="module")
    parser.add_argument("command")
    parser.add_argument("--lease", type=float)
    parser.add_argument("--storage")
    parser.add_argument("--socket")
    given = parser.parse_args()
    print("listening for", given.storage, file=sys.stderr, flush=True)
    if Path("~/broken").expanduser().exists():
        print("something \x1b[31mis broken\x1b[0m here", file=sys.stderr)
        sys.exit(3)
    server = Server(given.socket, Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while time.monotonic() - Handler.heard < given.lease:
        time.sleep(0.05)
    Path(given.socket).unlink()


if __name__ == "__main__":
    main()
