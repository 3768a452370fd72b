"""Which names a standalone viewer answers to: DNS rebinding ends here (W13)."""

from __future__ import annotations

import ipaddress
import re

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_PORT_LIMIT = 65535


def is_loopback(address: str) -> bool:
    """Tell whether `address` is a literal loopback IP, IPv4-mapped ones included."""
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return bool((mapped or ip).is_loopback)


def host_name(header: str) -> str | None:
    """Return the name in a Host header, in lower case and without brackets, None when it is malformed.

    The port must be one, but any will do: behind ``ssh -L`` a browser names the port of its own end.
    """
    match = _HOST.fullmatch(header)
    if match is None or int(match[2] or 0) > _PORT_LIMIT:
        return None
    return match[1].strip("[]").lower()


def is_loopback_host(header: str) -> bool:
    """Tell whether a Host header says ``localhost`` or a literal loopback IP."""
    name = host_name(header)
    return name is not None and (name == "localhost" or is_loopback(name))


def is_allowed(header: str, names: frozenset[str]) -> bool:
    """Tell whether a Host header is loopback or exactly one of the configured `names` (in lower case)."""
    return is_loopback_host(header) or host_name(header) in names
