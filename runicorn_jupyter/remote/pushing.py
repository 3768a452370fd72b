"""Files put on a host over SFTP: every wait has an end, a full disk is told from another fault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import asyncssh

from runicorn_jupyter.remote.errors import ConnectionTimeout, QuotaExceeded, RemoteError
from runicorn_jupyter.remote.script import ask

_T = TypeVar("_T")
_PATIENCE_S = 30.0
_PART = 256 * 1024


async def within(seconds: float, work: Awaitable[_T]) -> _T:
    """Return what `work` returns; asyncssh's own waits on a stalled connection outlive a plain timeout.

    Raises
    ------
    ConnectionTimeout
        It took longer.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    finally:
        task.cancel()
    if not done:
        raise ConnectionTimeout("The host did not answer in time.")
    return task.result()


async def sftp(ssh: asyncssh.SSHClientConnection) -> asyncssh.SFTPClient:
    """Open the file transfer of a connection.

    Raises
    ------
    RemoteError
        The host offers none, or broke off.
    """
    try:
        return await within(_PATIENCE_S, ssh.start_sftp_client())
    except (OSError, asyncssh.Error):
        raise RemoteError("The host offers no file transfer (SFTP), so nothing can be installed there.") from None


async def push(
    ssh: asyncssh.SSHClientConnection,
    files: asyncssh.SFTPClient,
    file: Path,
    folder: str,
    told: Callable[[int], None],
) -> None:
    """Copy a file into ``<folder>/wheels`` of the host.

    Parameters
    ----------
    ssh, files
        The connection and its file transfer.
    file, folder
        What is copied, and the environment that it is for.
    told : callable
        Called with the number of bytes of each part that arrived.

    Raises
    ------
    QuotaExceeded
        The account has no room left there.
    ConnectionTimeout
        A quarter of a mebibyte took more than 30 seconds.
    RemoteError
        Any other fault.
    """
    try:
        await _copied(files, file, f"{folder}/wheels/{file.name}", told)
    except (asyncssh.SFTPQuotaExceeded, asyncssh.SFTPNoSpaceOnFilesystem):
        raise full() from None
    except (OSError, asyncssh.Error) as error:
        # OpenSSH says only "Failure" of a full disk: an attempt on the other side tells.
        if isinstance(error, asyncssh.SFTPFailure) and await _no_room(ssh, folder, file):
            raise full() from None
        raise RemoteError("The connection broke while files were copied to the host.") from None


def full() -> QuotaExceeded:
    """Return the error of an account without room."""
    return QuotaExceeded(
        "The disk, or the quota of this account, is full on the host: make about 400 MB of room there."
    )


async def _copied(files: asyncssh.SFTPClient, file: Path, to: str, told: Callable[[int], None]) -> None:
    there = await within(_PATIENCE_S, files.open(to, "wb"))
    try:
        with file.open("rb") as stream:
            while part := await asyncio.to_thread(stream.read, _PART):
                await within(_PATIENCE_S, there.write(part))
                told(len(part))
    finally:
        await within(_PATIENCE_S, there.close())


async def _no_room(ssh: asyncssh.SSHClientConnection, folder: str, file: Path) -> bool:
    size = await asyncio.to_thread(lambda: file.stat().st_size)
    told = await ask(ssh, "room", patience=60, folder=folder, size=size)
    return told.get("full") is True
