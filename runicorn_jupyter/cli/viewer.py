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
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from traitlets import Bool, Dict, Integer, List, TraitError, TraitType

from runicorn_jupyter import paths, settings
from runicorn_jupyter.cli import socketviewer
from runicorn_jupyter.errors import BadRequest

if TYPE_CHECKING:
    from runicorn_jupyter.viewer import Viewer

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_FAILED = 1
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the documented options and our own."""
    from runicorn_jupyter.viewer import described

    for name, trait in described().items():
        _add_trait(parser, name, trait)
    add = parser.add_argument
    add("--log-level", default="INFO", type=str.upper, choices=_LEVELS, help="how much to log (default: INFO)")
    add("--url", action="store_true", help="print a fresh login address of the viewer that runs on --port, and end")
    add("--no-browser", action="store_true", help="accepted; this command never opens a browser")
    add("--remote-mode", action="store_true", help="bind 127.0.0.1 whatever --host says")
    add("--reload", action="store_true", help="accepted for compatibility; does nothing here")
    add("--idle-timeout", type=int, metavar="SECONDS", help="accepted for compatibility; a viewer ends when told to")
    socketviewer.add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code."""
    socketviewer.check(options)
    if options.url:
        return _print_url(options.port)
    if options.remote_mode:
        options.host = "127.0.0.1"
    root = paths.find_root(argument=options.root_dir or None)
    if root.reason == "argument":
        paths.check_root(root.path)
    when = "" if options.socket is None else "%(asctime)s "
    logging.basicConfig(level=options.log_level, format=f"{when}%(levelname)s %(message)s")
    # The origin checks of jupyter_server and tornado tell every refusal; one line of ours per start is enough.
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    # asyncssh tells every channel, and in the words of the host why it hung up.
    logging.getLogger("asyncssh").setLevel(logging.ERROR)
    if options.socket is not None:
        return socketviewer.run(options, root)
    tls = _tls(options)
    _warn_if_reachable(options.host, tls, plain_allowed=options.allow_plain_http)
    from runicorn_jupyter.viewer import Viewer, allow_many_clients

    allow_many_clients()
    viewer = Viewer(
        root.path,
        host=options.host,
        port=options.port,
        reason=root.reason,
        names=options.host_names,
        allow_origins=options.allow_origins,
        require_token=options.require_token,
        tls=tls,
        rate_limits=[*(f"{kind}={number}" for kind, number in settings.rate_limits().items()), *options.rate_limits],
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
    from runicorn_jupyter.viewer import DEFAULT_PORT, running_viewers

    running = running_viewers()
    viewers = [viewer for viewer in running if urlsplit(viewer.url).port == port]
    if not viewers and port in {0, DEFAULT_PORT}:  # who named no port means the one that runs
        viewers = running
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
    if not options.certfile:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.certfile, options.keyfile or None)
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


def _add_trait(parser: argparse.ArgumentParser, name: str, trait: TraitType[Any, Any]) -> None:
    """Add a trait under the documented name and its own, with its help; a list is given by repeating the option."""
    written = name.replace("_", "-")
    flags = [f"--{flag}" for flag in dict.fromkeys([trait.metadata.get("documented", written), written])]
    says = " ".join(trait.help.split()).replace("%", "%%")
    if isinstance(trait, Bool):
        parser.add_argument(*flags, dest=name, action="store_true", help=says)
    elif isinstance(trait, List | Dict):
        read = _checked(name, trait) if isinstance(trait, List) else str
        parser.add_argument(*flags, dest=name, action="append", default=[], type=read, help=f"{says} May be repeated.")
    else:
        default = f" (default: {trait.default_value})" if trait.default_value else ""
        parser.add_argument(
            *flags, dest=name, default=trait.default_value, type=_checked(name, trait), help=says + default
        )


def _checked(name: str, trait: TraitType[Any, Any]) -> Callable[[str], Any]:
    """Return what reads the text of an option and lets the trait judge it; a folder is judged when it is opened."""
    from runicorn_jupyter.viewer import ViewerOptions

    def read(text: str) -> Any:
        if name == "root_dir":
            return text
        if isinstance(trait, Integer) and not (text.isascii() and text.isdigit() and int(text[:9]) <= trait.max):
            raise argparse.ArgumentTypeError(f"{name} must be a number from {trait.min} to {trait.max}, not {text!r}")
        try:
            value = int(text) if isinstance(trait, Integer) else text
            setattr(ViewerOptions(), name, [value] if isinstance(trait, List) else value)
        except TraitError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return value

    return read
