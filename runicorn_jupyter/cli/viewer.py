"""`runicorn viewer`: the page and the API of one storage root, without Jupyter."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import json
import logging
import os
import signal
import ssl
import sys
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runicorn_jupyter import paths
from runicorn_jupyter.errors import BadRequest

if TYPE_CHECKING:
    from runicorn_jupyter.viewer import Viewer

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_FAILED = 1
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_HIGHEST_PORT = 65535


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the documented options and our own."""
    add = parser.add_argument
    add("--storage", metavar="DIR", help="the folder that holds the runs (default: as `runicorn doctor` says)")
    add("--host", default="127.0.0.1", help="the address to bind (default: 127.0.0.1, this machine only)")
    add("--port", type=_port, default=23300, help="the port; 0 takes a free one (default: 23300)")
    add("--allow-origin", action="append", default=[], type=_origin, metavar="ORIGIN",
        help="let pages of exactly this origin call the API, e.g. http://localhost:3000; may be repeated")  # fmt: skip
    add("--host-name", action="append", default=[], metavar="NAME",
        help="answer to this name in the Host header too; may be repeated")  # fmt: skip
    add("--require-token", action="store_true", help="ask the token even of your own programs on this machine")
    add("--rate-limit", action="append", default=[], metavar="LIMIT",
        help="requests a minute: like standard=600, v2=600, delete=10, connect=5 (0: no limit), or `documented` for "
        "the table of the reference; may be repeated")  # fmt: skip
    add("--certfile", help="serve HTTPS with this certificate")
    add("--keyfile", help="its private key, when it is in another file")
    add("--allow-plain-http", action="store_true", help="bind another address than loopback without HTTPS")
    add("--log-level", default="INFO", type=str.upper, choices=_LEVELS, help="how much to log (default: INFO)")
    add("--url", action="store_true", help="print a fresh login address of the viewer that runs on --port, and end")
    add("--no-browser", action="store_true", help="accepted; this command never opens a browser")
    add("--remote-mode", action="store_true", help="bind 127.0.0.1 whatever --host says")
    add("--reload", action="store_true", help="accepted for compatibility; does nothing here")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code."""
    if options.url:
        return _print_url(options.port)
    if options.remote_mode:
        options.host = "127.0.0.1"
    root = paths.find_root(argument=options.storage)
    if root.reason == "argument":
        paths.check_root(root.path)
    logging.basicConfig(level=options.log_level, format="%(levelname)s %(message)s")
    # The origin checks of jupyter_server and tornado tell every refusal; one line of ours per start is enough.
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    tls = _tls(options)
    _warn_if_reachable(options.host, tls, plain_allowed=options.allow_plain_http)
    from runicorn_jupyter.viewer import Viewer

    viewer = Viewer(
        root.path,
        host=options.host,
        port=options.port,
        reason=root.reason,
        names=options.host_name,
        allow_origins=options.allow_origin,
        require_token=options.require_token,
        tls=tls,
        rate_limits=options.rate_limit,
    )
    try:
        ended = asyncio.run(_serve(viewer, root))
    except OSError as error:
        sys.stderr.write(f"runicorn: {_bind_sentence(error, options)}\n")
        return _FAILED
    if not ended:
        # A thread hangs on a dead disk; waiting for it would break the promise to end within 5 s.
        sys.stdout.flush()
        os._exit(0)
    return 0


async def _serve(viewer: Viewer, root: paths.Root) -> bool:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
            loop.add_signal_handler(number, stopped.set)
    await viewer.start()
    try:
        sys.stdout.write(f"Runicorn viewer at {viewer.login_url()}\nRuns of {root.path} ({root.reason})\n")
        if not viewer.knows_owners:
            sys.stdout.write("Every program needs the token from the file that `runicorn doctor` names.\n")
        sys.stdout.flush()
        await stopped.wait()
    finally:
        ended = await viewer.stop()
    return ended


def _print_url(port: int) -> int:
    from runicorn_jupyter.viewer import running_viewers

    viewers = [viewer for viewer in running_viewers() if urlsplit(viewer.url).port == port or port == 0]
    if not viewers:
        sys.stderr.write(f"runicorn: no viewer of yours runs on port {port}; start one with `runicorn viewer`.\n")
        return _FAILED
    for viewer in viewers:
        request = urllib.request.Request(  # noqa: S310 - the address is in a file of ours, 0600
            f"{viewer.url}/login/code", method="POST", headers={"Authorization": f"token {viewer.token}"}
        )
        try:
            # No proxy of the environment may see the token.
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
                sys.stdout.write(f"{viewer.url}{json.load(answer)['path']}\n")
        except (OSError, ValueError, KeyError) as error:
            sys.stderr.write(f"runicorn: the viewer at {viewer.url} does not answer: {error}.\n")
            return _FAILED
    return 0


def _warn_if_reachable(host: str, tls: ssl.SSLContext | None, *, plain_allowed: bool) -> None:
    if host in _LOOPBACK:
        return
    if tls is None and not plain_allowed:
        raise BadRequest(
            f"Binding {host} lets others on the network reach this viewer: give --certfile for HTTPS, or say "
            "--allow-plain-http if the network is trusted."
        )
    sys.stderr.write(f"runicorn: warning: {host} can be reached from the network; the token is all that protects it.\n")


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    if options.certfile is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.certfile, options.keyfile)
    except (OSError, ssl.SSLError) as error:
        raise BadRequest(f"The certificate {options.certfile} cannot be used: {error}.") from error
    return context


def _bind_sentence(error: OSError, options: argparse.Namespace) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {options.port} is taken. If it is a viewer of yours, `runicorn viewer --url --port {options.port}` "
            "prints its address; else choose another with --port, or --port 0 for any free one."
        )
    if error.errno == errno.EACCES:
        return f"Port {options.port} is not for ordinary users: choose one above 1023, or --port 0 for any free one."
    return f"{options.host} port {options.port} cannot be bound: {(error.strerror or str(error)).lower()}."


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_HIGHEST_PORT}, not {text!r}")
    return int(text)


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or text != f"{parts.scheme}://{parts.netloc}".lower():
        raise argparse.ArgumentTypeError(
            f"an origin is written like http://localhost:3000 (no path, no *), not {text!r}"
        )
    return text
