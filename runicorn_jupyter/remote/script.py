"""Running our own fixed programs on a host: sent on standard input, with their parameters beside them as data."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from functools import cache
from importlib.resources import files
from typing import Any

import asyncssh

from runicorn_jupyter.remote.errors import ConnectionTimeout, NoShell, PythonMissing, RemoteError

_RUN = (
    "-c 'import sys;sys.version_info<(3,6) and sys.exit(127);i=sys.stdin.buffer;"
    """exec(compile(i.read(int(i.readline())),"runicorn","exec"))'"""
)
"""A Python that is too old ends as one that is not there."""
PYTHONS = ("python3", "python", "/usr/bin/python3")
_NOT_FOUND = (126, 127)
NOISE = 256 * 1024
_ANSWER = 8 * 1024 * 1024
_DIGITS = 16
_INSTALL = ("prepare", "build", "packages", "target", "finish", "discard", "room")
_CALLS = {
    **dict.fromkeys(_INSTALL, ("install", "{" + ", ".join(f"'{name}': guarded({name})" for name in _INSTALL) + "}")),
    "environments": ("environments", "{'environments': environments, 'roots': roots}"),
    "roots": ("environments", "{'environments': environments, 'roots': roots}"),
    "listing": ("folders", "{'listing': listing, 'exists': exists}"),
    "exists": ("folders", "{'listing': listing, 'exists': exists}"),
    **dict.fromkeys(
        ("start", "status", "stop", "log"),
        ("processes viewers", "{'start': start, 'status': status, 'stop': stop, 'log': log}"),
    ),
}
"""Which files of far/ have an operation, and the table that the sent program answers by."""
_OURS = re.compile(r"^from runicorn_jupyter\..*\n", re.MULTILINE)
"""How one file of far/ names another; sent, they are one program."""


def command(python: str) -> str:
    """Return the fixed command that reads a program from standard input and runs it."""
    return f"exec {python} {_RUN}"


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
    for python in PYTHONS:
        work = asyncio.ensure_future(_run(ssh, command(python), operation, arguments))
        try:
            done, _ = await asyncio.wait({work}, timeout=patience)
        finally:
            work.cancel()  # who waits no longer lets the program there end
        if not done:
            raise ConnectionTimeout("The host did not answer in time.")
        told = work.result()
        if told is not None:
            return _checked(told)
    raise PythonMissing("The host has no python3 that a login finds: install Python 3.6 or later there.")


async def _run(ssh: asyncssh.SSHClientConnection, line: str, operation: str, arguments: dict[str, Any]) -> bytes | None:
    """Return the answer, None where the command was not found."""
    nonce = secrets.token_hex(8)
    request = json.dumps({"nonce": nonce, "operation": operation, "arguments": arguments}).encode()
    script = _script(operation)
    try:
        process = await ssh.create_process(line, encoding=None, stderr=asyncssh.DEVNULL)
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
            if ssh.is_closed():
                raise RemoteError("The connection to the host broke.")
            if process.exit_status not in _NOT_FOUND:
                raise NoShell("The host let us in, but this account runs no commands there.")
        return answer
    finally:
        process.close()


async def _framed(stream: asyncssh.SSHReader[bytes], mark: bytes) -> bytes | None:
    """Return the data of the frame that begins with `mark`; None when the stream ends without it."""
    read = b""
    while mark not in read:
        if len(read) > NOISE:
            raise _other()
        part = await stream.read(64 * 1024)
        if not part:
            return None
        read += part
    read = read[read.index(mark) + len(mark) :]
    while b"\n" not in read[: _DIGITS + 1]:
        if len(read) > _DIGITS:
            raise _other()
        read += await stream.read(64) or b"!\n"
    digits, _, data = read.partition(b"\n")
    if not digits.isdigit() or int(digits) > _ANSWER:
        raise _other()
    while len(data) < int(digits):
        part = await stream.read(int(digits) - len(data))
        if not part:
            return None
        data += part
    return data[: int(digits)]


def _checked(told: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(told)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _other()
    if "error" in answer:
        said = "".join(mark for mark in str(answer["error"])[:300] if mark.isprintable())
        raise RemoteError(f"The host could not do it: {said}")
    told_well = answer.get("ok")
    if not isinstance(told_well, dict):
        raise _other()
    return told_well


def _other() -> RemoteError:
    return RemoteError("The host answered with something else than was asked for.")


@cache
def _script(operation: str) -> bytes:
    names, table = _CALLS[operation]
    return program(f"answer {names}", f"answer({table})")


@cache
def program(names: str, call: str) -> bytes:
    """Return the files of far/ with these names as one program that ends with `call`."""
    folder = files("runicorn_jupyter.remote.far")
    parts = [folder.joinpath(f"{name}.py").read_text(encoding="utf-8") for name in names.split()]
    return "\n".join([*(_OURS.sub("", part) for part in parts), f"{call}\n"]).encode()
