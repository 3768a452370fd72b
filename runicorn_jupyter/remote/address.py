"""Where a host is and who logs in there, from words that somebody sent: checked once, then only data."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from runicorn_jupyter.errors import BadRequest

DEFAULT_PORT = 22
_LAST_PORT = 65_535
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")


class Address(NamedTuple):
    """One login: host name or address, port, user."""

    host: str
    port: int
    user: str

    @property
    def key(self) -> str:
        """The documented id of a connection, ``user@host:port``."""
        return f"{self.user}@{self.host}:{self.port}"

    @property
    def known_hosts_name(self) -> str:
        """How known_hosts files write this host."""
        return self.host if self.port == DEFAULT_PORT else f"[{self.host}]:{self.port}"


def address(host: str, port: int = DEFAULT_PORT, user: str = "") -> Address:
    """Return a checked address.

    Raises
    ------
    BadRequest
        A host, port or user that could mean anything else than itself to some program.
    """
    if not _HOST.fullmatch(host) and not _is_ip(host):
        raise BadRequest("host must be a host name or an IP address, without user, port, spaces or quotes.")
    if not _USER.fullmatch(user):
        raise BadRequest(
            "username must be 1 to 64 letters, digits or . _ + - of the Latin alphabet, and begin with none of . + -"
        )
    if not 1 <= port <= _LAST_PORT:
        raise BadRequest(f"port must be a whole number from 1 to {_LAST_PORT}.")
    return Address(host, port, user)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host  # a zone may hold anything
