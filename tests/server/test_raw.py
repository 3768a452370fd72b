"""W30: what no client of ours would send, byte by byte, at both mounts: refused or hung up on, and nothing is done."""

from __future__ import annotations

import asyncio
import re

import pytest
from mounts import Mount

SECRET = b"GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n"


def request(mount: Mount, *lines: str, method: str = "GET", path: str = "/runs", body: bytes = b"") -> bytes:
    head = [f"{method} {mount.prefix}{path} HTTP/1.1", f"Host: 127.0.0.1:{mount.port}",
            f"Authorization: {mount.token['Authorization']}", "Connection: close", *lines]  # fmt: skip
    return "\r\n".join([*head, "", ""]).encode() + body


async def send(mount: Mount, data: bytes) -> list[int]:
    """Return the statuses of all answers until the server hangs up; none when it does so at once."""
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", mount.port)
        try:
            writer.write(data)
            answer = await reader.read()
        except ConnectionError:
            answer = b""
        finally:
            writer.close()
    return [int(status) for status in re.findall(rb"^HTTP/1\.1 (\d{3})", answer, re.MULTILINE)]


async def test_a_plain_request_is_answered(mount: Mount) -> None:
    assert await send(mount, request(mount)) == [200]


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 4", "Transfer-Encoding: chunked"], b"0\r\n\r\n" + SECRET),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], b"0\r\n\r\n" + SECRET),
        (["Transfer-Encoding: chunked, gzip"], b"0\r\n\r\n"),
        (["Transfer-Encoding : chunked"], b"0\r\n\r\n" + SECRET),
        (["Content-Length: 1", "Content-Length: 2"], b"{}"),
        (["Content-Length: +2"], b"{}"),
        (["Content-Length: -1"], b""),
        (["Content-Length: 99999999999"], b"{}"),
        (["Transfer-Encoding: chunked"], b"zz\r\n{}\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"-1\r\n\r\n"),
        (["Cookie: a=" + "x" * 70_000], b""),
        (["X-\x01: control"], b""),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_w30_malformed_requests_are_refused_and_do_nothing(mount: Mount, lines: list[str], body: bytes) -> None:
    statuses = await send(mount, request(mount, *lines, method="POST", path="/recycle-bin/empty", body=body))
    assert len(statuses) <= 1, "a second answer would be that of a smuggled request"
    assert all(400 <= status < 500 for status in statuses)


async def test_w30_headers_over_the_limit_are_told_where_the_server_is_ours(mount: Mount) -> None:
    """Jupyter's own server reads no more than 64 KiB of headers, and hangs up before any handler is asked."""
    right = [431] if mount.kind == "viewer" else []
    assert await send(mount, request(mount, "Cookie: a=" + "x" * 66_000)) == right
    assert await send(mount, request(mount, "Cookie: a=" + "x" * 60_000)) == [200]
    assert await send(mount, request(mount, "Cookie: a=" + "x" * 200_000)) == []


async def test_w30_ten_thousand_parts_are_refused_without_being_kept(mount: Mount) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nc\r\n'
    body = part * 10_000 + b"--x--\r\n"
    lines = ("Content-Type: multipart/form-data; boundary=x", f"Content-Length: {len(body)}")
    statuses = await send(mount, request(mount, *lines, method="POST", path="/runs/soft-delete", body=body))
    assert statuses in ([400], [413], [415])


async def test_w30_folded_headers_change_nobody(mount: Mount) -> None:
    """A folded line is refused, or belongs to the header before it; it never becomes a token of its own."""
    head = f"GET {mount.prefix}/runs HTTP/1.1\r\nHost: 127.0.0.1:{mount.port}\r\nSec-Fetch-Site: same-origin\r\n"
    folded = f"X-Note: a\r\n Authorization: {mount.token['Authorization']}\r\nConnection: close\r\n\r\n"
    statuses = await send(mount, (head + folded).encode())
    assert statuses in ([400], [401], [403])


async def test_the_server_lives_on(mount: Mount) -> None:
    for data in (b"\x16\x03\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"\x00" * 4096 + b"\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
        assert all(400 <= status < 500 for status in await send(mount, data))
    assert (await mount.fetch("/health")).code == 200
