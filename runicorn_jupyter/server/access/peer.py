"""Whose connection is it? The owner of the other end of a loopback connection, or "unknown" (security G4).

Linux answers exactly and at once through ``SOCK_DIAG_BY_FAMILY``; ``/proc/net/tcp`` is the slow stand-in, and
psutil serves systems where a user may see only their own processes. Everything that is not certain is unknown, and
unknown never grants anything.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, _NLMSG_ERROR = 4, 20, 1, 2
_HEADER = struct.Struct("=IHHII")
_OWNER = struct.Struct("=II")  # uid, inode: the last two words of inet_diag_msg
_OWNER_AT, _ANSWER_SIZE, _ID = 64, 72, slice(4, 40)
_ANY = 0xFFFFFFFF
# ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT: the states in which a socket can still have an owner.
_OWNED_STATES = {1, 4, 5, 8}


class Address(NamedTuple):
    """One end of a TCP connection."""

    host: str
    port: int


class Socket(NamedTuple):
    """What the system says about a socket: numbers as the kernel has them."""

    state: int
    uid: int
    inode: int


Reader = Callable[[Address, Address], Socket | None]


def same_user(socket_found: Socket | None) -> bool:
    """Tell whether a socket is surely ours: it has an owner, and the owner is this process's user."""
    if socket_found is None or socket_found.inode == 0 or socket_found.state not in _OWNED_STATES:
        return False
    # A half-closed socket of anybody reads as uid 0, and an unmapped user as the overflow uid.
    return socket_found.uid == os.geteuid() and socket_found.uid != _overflow_uid()


def working_reader() -> Reader | None:
    """Return the first way that recognises a connection of our own, None when there is none.

    Then nobody is let in without the token.
    """
    for reader in _readers():
        try:
            if _recognises_itself(reader):
                return reader
        except (OSError, ValueError, struct.error, psutil.Error):
            continue
    return None


def by_netlink(client: Address, server: Address) -> Socket | None:
    """Return the client's socket, looked up by its exact address pair; no other socket is walked over."""
    here, there = ipaddress.ip_address(client.host), ipaddress.ip_address(server.host)
    family = socket.AF_INET if here.version == 4 else socket.AF_INET6
    pair = struct.pack("!HH", client.port, server.port) + here.packed.ljust(16, b"\0") + there.packed.ljust(16, b"\0")
    request = struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 0, 0, _ANY) + pair
    request += struct.pack("=III", 0, _ANY, _ANY)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG) as netlink:
        netlink.settimeout(1)
        netlink.send(_HEADER.pack(_HEADER.size + len(request), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0) + request)
        answer = netlink.recv(8192)
    kind = _HEADER.unpack_from(answer)[1]
    body = answer[_HEADER.size :]
    # Without an established socket the kernel may answer with a listener on that port: another pair, not ours.
    if kind == _NLMSG_ERROR or len(body) < _ANSWER_SIZE or body[_ID] != pair:
        return None
    return Socket(body[1], *_OWNER.unpack_from(body, _OWNER_AT))


def by_proc(client: Address, server: Address) -> Socket | None:
    """Return the client's socket from ``/proc/net/tcp`` or ``tcp6``; slow with many sockets."""
    wanted = {(_proc_form(client, mapped=mapped), _proc_form(server, mapped=mapped)) for mapped in (False, True)}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with Path(table).open("rb") as lines:
            for line in lines:
                fields = line.split()
                if len(fields) > 9 and (fields[1], fields[2]) in wanted:
                    return Socket(int(fields[3], 16), int(fields[7]), int(fields[9]))
    return None


def by_psutil(client: Address, server: Address) -> Socket | None:
    """Return the client's socket if one of our own processes holds it: others' are invisible, hence unknown."""
    for process in _own_processes():
        try:
            connections = process.net_connections("tcp")
        except psutil.Error:
            continue
        for one in connections:
            if one.raddr and (*one.laddr, *one.raddr) == (*client, *server) and one.status == psutil.CONN_ESTABLISHED:
                return Socket(1, os.geteuid(), one.fd + 1)
    return None


def _readers() -> Iterator[Reader]:
    if sys.platform == "linux":
        yield by_netlink
        yield by_proc
    elif hasattr(os, "geteuid"):
        yield by_psutil


def _recognises_itself(reader: Reader) -> bool:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with socket.create_connection(listener.getsockname()) as ours, listener.accept()[0]:
            return same_user(reader(Address(*ours.getsockname()), Address(*ours.getpeername())))


def _own_processes() -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["uids"]):
        uids = process.info["uids"]
        if uids is not None and uids.effective == os.geteuid():
            yield process


def _overflow_uid() -> int:
    try:
        return int(Path("/proc/sys/kernel/overflowuid").read_text())
    except (OSError, ValueError):
        return 65534


def _proc_form(address: Address, *, mapped: bool) -> bytes:
    packed = ipaddress.ip_address(address.host).packed
    if mapped and len(packed) == 4:
        packed = bytes(10) + b"\xff\xff" + packed
    # The kernel prints each 32-bit word in the byte order of the machine.
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return ("".join(f"{word:08X}" for word in words) + f":{address.port:04X}").encode()
