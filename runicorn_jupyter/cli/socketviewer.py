"""`runicorn viewer --socket`: the viewer that a session on another machine starts here through SSH."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import math
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runicorn_jupyter import paths
from runicorn_jupyter.errors import BadRequest

if TYPE_CHECKING:
    from runicorn_jupyter.viewer import SocketViewer

_FAILED = 1
_LONGEST_LEASE = 7 * 86_400.0
_log = logging.getLogger("runicorn")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the two options."""
    parser.add_argument(
        "--socket",
        type=Path,
        metavar="PATH",
        help="listen on this unix socket only, for your own user only: no port, no page, no token; its folder must be "
        "yours and closed to others (chmod 700)",
    )
    parser.add_argument(
        "--lease",
        type=_seconds,
        metavar="SECONDS",
        help="with --socket: end when nobody has asked anything for so long. A request renews it, and so does opening "
        "a websocket or a message on one; a websocket that is merely open does not",
    )


def run(options: argparse.Namespace, root: paths.Root) -> int:
    """Serve until the lease has ended, SIGTERM or Ctrl-C; return the exit code."""
    from runicorn_jupyter.viewer import SocketViewer, allow_many_clients

    allow_many_clients()
    path = Path(os.path.abspath(options.socket.expanduser()))  # noqa: PTH100 - no link is followed
    viewer = SocketViewer(root, path, lease=options.lease)
    try:
        ended = asyncio.run(_serve(viewer, f"{path} for the runs of {root.path} ({root.reason})"))
    except OSError as error:
        sys.stderr.write(f"runicorn: no socket can be made at {path}: {(error.strerror or str(error)).lower()}.\n")
        return _FAILED
    if not ended:
        # A thread hangs on a dead disk; waiting for it would break the promise to end within 5 s.
        logging.shutdown()
        os._exit(0)
    return 0


async def _serve(viewer: SocketViewer, what: str) -> bool:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await viewer.start()
    try:
        _log.info("Listening on %s", what)
        lease = asyncio.ensure_future(viewer.ended())
        signalled = asyncio.ensure_future(told.wait())
        await asyncio.wait((lease, signalled), return_when=asyncio.FIRST_COMPLETED)
        _log.info("Ending: %s", "told to" if told.is_set() else "nobody has asked anything for the time of the lease")
        for waiting in (lease, signalled):
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await waiting
    finally:
        ended = await viewer.stop()
    return ended


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        seconds = float(text)
        if math.isfinite(seconds) and 1 <= seconds <= _LONGEST_LEASE:
            return seconds
    raise argparse.ArgumentTypeError(f"a lease is a number of seconds from 1 to {_LONGEST_LEASE:.0f}, not {text!r}")


def check(options: argparse.Namespace) -> None:
    """Refuse options that do not go together.

    Raises
    ------
    BadRequest
        A lease without a socket.
    """
    if options.lease is not None and options.socket is None:
        raise BadRequest("--lease goes with --socket: a viewer on a port ends when it is told to.")
