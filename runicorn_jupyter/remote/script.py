"""Running our own fixed programs on a host: sent on standard input, with their parameters beside them as data."""

from __future__ import annotations

import asyncio
import json
import secrets
from functools import cache
from importlib.resources import files
from typing import Any

import asyncssh

from runicorn_jupyter.remote.errors import ConnectionTimeout, NoShell, PythonMissing, RemoteError

_RUN = """-c 'import sys;i=sys.stdin.buffer;exec(compile(i.read(int(i.readline())),"runicorn","exec"))'"""
_PYTHONS = ("python3", "python", "/usr/bin/python3")
_NOT_FOUND = (126, 127)
_NOISE = 256 * 1024
_ANSWER = 8 * 1024 * 1024
_CALLS = {
    "environments": ("environments", "{'environments': environments, 'roots': roots}"),
    "roots": ("environments", "{'environments': environments, 'roots': roots}"),
    "listing": ("folders", "{'listing': listing, 'exists': exists}"),
    "exists": ("folders", "{'listing': listing, 'exists': exists}"),
}
"""Which file of far/ has an operation, and the table that the sent program answers by."""


async def ask(
    ssh: asyncssh.SSHClientConnection, operation: str, *, patience: float = 15.0, **arguments: Any
) -> dict[str, Any]:
    """Return what an operation of far/ answers on the host; what it says is data, to be checked before it is used.

    Raises
    ------
    PythonMissing, NoShell
        The host cannot run it.
    ConnectionTimeout
        It did not answer within `patience` seconds.
    RemoteError
        The operation failed there; the text tells how.
    """
    for python in _PYTHONS:
        work = asyncio.ensure_future(_run(ssh, f"exec {python} {_RUN}", operation, arguments))
        done, _ = await asyncio.wait({work}, timeout=patience)
        if not done:
            work.cancel()
            raise ConnectionTimeout("The host did not answer in time.")
        told = work.result()
        if told is not None:
            return _checked(told)
    raise PythonMissing("The host has no python3 that a login finds: install Python 3.6 or later there.")


async def _run(
    ssh: asyncssh.SSHClientConnection, command: str, operation: str, arguments: dict[str, Any]
) -> bytes | None:
    """Return the answer, None where the command was not found."""
    nonce = secrets.token_hex(8)
    request = json.dumps({"nonce": nonce, "operation": operation, "arguments": arguments}).encode()
    script = _script(operation)
    try:
        process = await ssh.create_process(command, encoding=None, stderr=asyncssh.DEVNULL)
    except asyncssh.ChannelOpenError:
        raise NoShell("The host let us in but lets this account run nothing.") from None
    except (OSError, asyncssh.Error):
        raise RemoteError("The connection to the host broke.") from None
    try:
        try:
            process.stdin.write(b"%d\n%b%b\n" % (len(script), script, request))
            answer = await _framed(process.stdout, f"\0rnj:{nonce}:".encode())
        except (OSError, asyncssh.Error, asyncio.IncompleteReadError):
            answer = None
        if answer is None:
            await process.wait_closed()
            if process.exit_status not in _NOT_FOUND:
                raise NoShell("The host let us in, but this account runs no commands there.")
        return answer
    finally:
        process.close()


async def _framed(stream: asyncssh.SSHReader[bytes], mark: bytes) -> bytes | None:
    """Return the data of the frame that begins with `mark`; None when the stream ends without it."""
    read = b""
    while mark not in read:
        part = await stream.read(64 * 1024)
        if not part or len(read) > _NOISE:
            return None
        read += part
    read = read[read.index(mark) + len(mark) :]
    while b"\n" not in read:
        read += await stream.read(64) or b"!\n"
    digits, _, data = read.partition(b"\n")
    if not digits.isdigit() or int(digits) > _ANSWER:
        raise RemoteError("The host answered with something else than was asked for.")
    while len(data) < int(digits):
        part = await stream.read(int(digits) - len(data))
        if not part:
            return None
        data += part
    return data[: int(digits)]


def _checked(told: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(told)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise RemoteError("The host answered with something else than was asked for.")
    if "error" in answer:
        raise RemoteError(f"The host could not do it: {str(answer['error'])[:300]}")
    told_well = answer.get("ok")
    if not isinstance(told_well, dict):
        raise RemoteError("The host answered with something else than was asked for.")
    return told_well


@cache
def _script(operation: str) -> bytes:
    file, table = _CALLS[operation]
    folder = files("runicorn_jupyter.remote.far")
    parts = [folder.joinpath(f"{name}.py").read_text(encoding="utf-8") for name in ("answer", file)]
    return "\n".join([*parts, f"answer({table})\n"]).encode()
