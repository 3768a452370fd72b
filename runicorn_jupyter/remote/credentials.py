"""How somebody logs in at a host: kept in memory only, never shown, compared without being kept in the clear."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import asyncssh

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.paths import open_regular
from runicorn_jupyter.remote.errors import KeyUnreadable, PassphraseRequired

METHODS = ("key", "password", "agent")
_KEY_BYTES = 64 * 1024
_SHOWN = 200
_SALT = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What a login may use; of all that is given, whatever the host takes.

    Both generations of the remote API are served: `method` names one way (0.5.0), without it everything counts (0.5.4).
    With nothing at all, the agent and the usual files in ``~/.ssh`` are tried, as ssh does.
    """

    method: str | None = None
    password: str | None = None
    private_key: str | None = None
    private_key_path: str | None = None
    passphrase: str | None = None
    use_agent: bool = True
    on_the_way: bool = False
    """Whether it is for a host that is only gone through, which is never told a password."""

    def __repr__(self) -> str:
        given = [field.name for field in fields(self) if getattr(self, field.name)]
        return f"Credentials({', '.join(given)})"

    def check(self) -> None:
        """Raise BadRequest when the way that is named lacks what it needs."""
        if self.method is None:
            return
        if self.method not in METHODS:
            raise BadRequest(f"auth_method must be one of {', '.join(METHODS)}.")
        if self.method == "password" and self.password is None:
            raise BadRequest('password is required when auth_method is "password".')
        if self.method == "key" and not (self.private_key or self.private_key_path):
            raise BadRequest('private_key_path or private_key is required when auth_method is "key".')

    @property
    def given(self) -> bool:
        """Whether the caller named any secret or key: without one, an open connection is taken as it is (D25)."""
        return any((self.password, self.private_key, self.private_key_path, self.passphrase))

    def for_jump(self) -> Credentials:
        """Return what a host on the way may see: keys and the agent, never the password of the host behind it."""
        return replace(self, method=None, password=None, on_the_way=True)

    def digest(self) -> str:
        """Return a mark that is equal for equal credentials, of no use outside this process."""
        parts = [str(getattr(self, field.name)) for field in fields(self)]
        return hmac.new(_SALT, "\0".join(parts).encode(), hashlib.sha256).hexdigest()

    def tried(self) -> str:
        """Return what a login offers, in the words of a person."""
        asks_agent = self.use_agent and self.method in {None, "agent"}
        ways = ["the SSH agent"] if asks_agent and os.environ.get("SSH_AUTH_SOCK") else []
        if self.method in {None, "key"} and (self.private_key or self.private_key_path):
            ways.append("the given key")
        elif self.method != "password" and (self.password is None or asks_agent):
            ways.append("the key files in ~/.ssh")
        if self.method in {None, "password"} and self.password is not None:
            ways.append("the password")
        return " and ".join([", ".join(ways[:-1]), ways[-1]] if len(ways) > 1 else ways)

    async def options(self) -> dict[str, Any]:
        """Return what asyncssh needs; key files are read and decrypted beside the event loop.

        Raises
        ------
        KeyUnreadable, PassphraseRequired
            The private key cannot be used.
        """
        key = await asyncio.to_thread(self._key) if self.method in {None, "key"} else None
        agent = self.use_agent and self.method in {None, "agent"}
        keys: dict[str, Any] = {}  # asyncssh then reads the usual files
        if key is not None:
            keys = {"client_keys": [key]}
        elif self.method == "password" or (self.password is not None and not agent):
            keys = {"client_keys": None}  # neither files nor the agent
        password = self.password if self.method in {None, "password"} else None
        return {
            **keys,
            "password": password,
            "agent_path": os.environ.get("SSH_AUTH_SOCK") if agent else None,
            "preferred_auth": "publickey,password,keyboard-interactive",
        }

    def _key(self) -> asyncssh.SSHKey | None:
        text = self.private_key or (self.private_key_path and _read(self.private_key_path))
        if not text:
            return None
        try:
            return asyncssh.import_private_key(text, self.passphrase)
        except (asyncssh.KeyEncryptionError, asyncssh.KeyImportError) as error:
            # asyncssh tells a missing passphrase by a KeyImportError whose text says so.
            if isinstance(error, asyncssh.KeyEncryptionError) or "assphrase" in str(error):
                said = "does not fit" if self.passphrase else "is needed"
                raise PassphraseRequired(f"The private key is encrypted, and its passphrase {said}.") from None
            raise KeyUnreadable("The private key is in no format that SSH knows.") from None


def _read(path: str) -> bytes:
    """Return the bytes of a private key file.

    Raises
    ------
    KeyUnreadable
        It is not there, not readable, not a regular file, or larger than a key can be.
    """
    file = Path(path).expanduser()
    if ".." in file.parts or not file.is_absolute() or "\0" in path:
        raise KeyUnreadable("private_key_path must be an absolute path, or one below ~, without `..`.")
    file = Path(os.path.realpath(file))
    try:
        descriptor = open_regular(file.parent, file.name)
        with os.fdopen(descriptor, "rb") as stream:
            data = stream.read(_KEY_BYTES + 1)
    except FileNotFoundError:
        raise KeyUnreadable(f"There is no private key file {_shown(path)}.") from None
    except (OSError, ValueError):
        raise KeyUnreadable(f"The private key file {_shown(path)} cannot be read: check its owner and mode.") from None
    if len(data) > _KEY_BYTES:
        raise KeyUnreadable(f"The private key file {_shown(path)} is larger than {_KEY_BYTES} bytes.")
    return data


def _shown(path: str) -> str:
    """Return a path as it was given, which may be by the user's ssh configuration: what it leads to is not told."""
    return "".join(mark for mark in path[:_SHOWN] if mark.isprintable())
