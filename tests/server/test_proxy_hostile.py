"""J13: a hostile host answers API calls; nothing of it is a page, a cookie or a half answer that looks whole."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest
from farends import SESSION, far_script, leads_to
from mounts import Mount
from tornado.httpclient import HTTPResponse
from tornado.simple_httpclient import HTTPStreamClosedError

from runicorn_jupyter.server.remote import delivery, relay

EVIL = b"<script>alert(document.domain)</script>"
RUN = {"run_id": "x", "images": [], "keys": []}
IMAGES = "/runs/x/images"
MEDIA = "/runs/x/media/x"
GOOD = json.dumps(RUN).encode()


def said(*headers: str, status: str = "200 OK", body: bytes = GOOD, kind: str = "application/json") -> bytes:
    """Return an answer with a right length, unless `headers` name one."""
    framed = any(line.lower().startswith(("content-length", "transfer-encoding")) for line in headers)
    lines = [f"HTTP/1.1 {status}", *headers, *([] if framed else [f"Content-Length: {len(body)}"])]
    lines += [f"Content-Type: {kind}"] if kind else []
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


CHUNKED = "Transfer-Encoding: chunked"

REFUSED: dict[str, tuple[str, bytes]] = {
    "a page": (IMAGES, said(kind="text/html", body=EVIL)),
    "a page that calls itself JSON": (IMAGES, said(body=EVIL)),
    "a page for an error": (IMAGES, said(status="500 X", kind="text/html", body=EVIL)),
    "an svg instead of JSON": (IMAGES, said(kind="image/svg+xml", body=b"<svg onload='alert(1)'/>")),
    "no type": (IMAGES, said(kind="")),
    "two types": (IMAGES, said("Content-Type: text/html")),
    "a redirect": (IMAGES, said("Location: https://evil.example/", status="302 Found")),
    "a redirect of a file": (MEDIA, said("Location: //evil.example/", status="307 X", kind="image/png")),
    "an unknown status": (IMAGES, said(status="299 X")),
    "status 600": (IMAGES, said(status="600 X")),
    "status 99999": (IMAGES, said(status="99999 X")),
    "a login": (IMAGES, said('WWW-Authenticate: Basic realm="Jupyter"', status="401 X", body=b"{}")),
    "a proxy login": (IMAGES, said('Proxy-Authenticate: Basic realm="x"', status="407 X", body=b"{}")),
    "another form": (IMAGES, said(body=b'{"run_id":"x","images":"no list","keys":[]}')),
    "a member of another type": (IMAGES, said(body=b'{"run_id":{"toString":1},"images":[],"keys":[]}')),
    "a list instead of an object": (IMAGES, said(body=b"[]")),
    "a missing member": (IMAGES, said(body=b'{"run_id":"x"}')),
    "an error of another form": (IMAGES, said(status="404 X", body=b'{"detail":["<b>"]}')),
    "a literal that is no JSON": (IMAGES, said(body=b'{"run_id":NaN,"images":[],"keys":[]}')),
    "JSON after JSON": (IMAGES, said(body=GOOD + GOOD)),
    "no UTF-8": (IMAGES, said(body=b'{"run_id":"\xff","images":[],"keys":[]}')),
    "deep nesting": (IMAGES, said(body=b"[" * 200_000 + b"]" * 200_000)),
    "no body": (IMAGES, said(body=b"")),
    "gzip nobody asked for": (IMAGES, said("Content-Encoding: gzip", body=gzip.compress(GOOD))),
    "brotli": (IMAGES, said("Content-Encoding: br")),
    "a length over the limit": (IMAGES, said("Content-Length: 99999999999999", body=b"")),
    "two lengths": (IMAGES, said(f"Content-Length: {len(GOOD)}", "Content-Length: 3")),
    "a length that is no number": (IMAGES, said("Content-Length: +5")),
    "a negative length": (IMAGES, said("Content-Length: -1")),
    "length and chunks": (IMAGES, said(f"Content-Length: {len(GOOD)}", CHUNKED, body=chunked(GOOD))),
    "another transfer coding": (IMAGES, said("Transfer-Encoding: gzip, chunked", body=chunked(GOOD))),
    "chunks that lie": (IMAGES, said(CHUNKED, body=b"5\r\n" + GOOD + b"\r\n0\r\n\r\n")),
    "chunk sizes with a sign": (IMAGES, said(CHUNKED, body=b"+%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD))),
    "chunks without an end": (IMAGES, said(CHUNKED, body=chunked(GOOD, end=b""))),
    "trailers": (IMAGES, said(CHUNKED, body=chunked(GOOD, end=b"0\r\nSet-Cookie: a=b\r\n\r\n"))),
    "no length at all": (IMAGES, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + GOOD),
    "a file of no length": (MEDIA, b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + GOOD),
    "cut in the headers": (IMAGES, b"HTTP/1.1 200 OK\r\nContent-Type: appl"),
    "cut in the body": (IMAGES, said("Content-Length: 500")),
    "no HTTP": (IMAGES, b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "HTTP of another kind": (IMAGES, b"HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "huge headers": (IMAGES, said(f"X-Huge: {'x' * 70_000}")),
    "many headers": (IMAGES, said(*(f"X-{number}: y" for number in range(10_000)))),
    "folded headers": (IMAGES, said("X-A: b\r\n : c\r\n\t d", "Content Type: text/html")),
    "a switch of protocols": (IMAGES, said("Upgrade: x", status="101 X", body=b"")),
    "words in between, without end": (IMAGES, b"HTTP/1.1 100 Continue\r\n\r\n" * 1000 + said()),
    "words in between with a body": (IMAGES, b"HTTP/1.1 103 X\r\nContent-Length: 3\r\n\r\nabc" + said()),
    "another file than asked": ("/diagnostics/logs?source=x", said(kind="text/html")),
}
"""What is refused whole: the address that is asked for, and what the host says."""


@pytest.mark.parametrize("case", REFUSED)
async def test_j13_refused(case: str, viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    path, answer = REFUSED[case]
    response = await asked(viewer_mount, monkeypatch, path, answer)
    assert response.code == 502, (response.code, response.body)
    body = json.loads(response.body)
    assert (body["error"], body["ok"]) == ("remote_answer_refused", False)
    assert body["message"].endswith((".", "?"))
    assert EVIL not in response.body
    clean(response)


HEADERS = (
    "Set-Cookie: _xsrf=evil; Path=/",
    "Set-Cookie: username-localhost=evil",
    "Access-Control-Allow-Origin: *",
    "Access-Control-Allow-Credentials: true",
    "Content-Security-Policy: default-src *",
    "X-Content-Type-Options: none",
    "Referrer-Policy: unsafe-url",
    "Service-Worker-Allowed: /",
    "Clear-Site-Data: *",
    "Refresh: 0; url=https://evil.example",
    "Location: https://evil.example",
    "Link: <https://evil.example>; rel=preload",
    "Alt-Svc: h2=evil.example",
    "X-RateLimit-Limit: 1",
    "X-Evil: 1",
)
ATTACHED = "attachment; filename*=utf-8''download"
UNKNOWN = "application/octet-stream"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"

PASSED: dict[str, tuple[str, bytes, dict[str, str | None]]] = {
    "JSON": (IMAGES, said(), {"Content-Type": "application/json"}),
    "JSON in chunks": (IMAGES, said(CHUNKED, body=chunked(GOOD[:5], GOOD[5:])), {}),
    "JSON after a word in between": (IMAGES, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + said(), {}),
    "a tag that is none": (IMAGES, said('Etag: "a b"'), {"Etag": None}),
    "a page as a file": (MEDIA, said(kind="text/html", body=EVIL), {"Content-Disposition": ATTACHED}),
    "an svg": (MEDIA, said(kind="image/svg+xml", body=SVG), {"Content-Type": UNKNOWN}),
    "xml": (MEDIA, said(kind="application/xml", body=SVG), {"Content-Type": UNKNOWN}),
    "a script": (MEDIA, said(kind="text/javascript", body=b"alert(1)"), {"Content-Type": UNKNOWN}),
    "a document": (MEDIA, said(kind="application/pdf", body=b"%PDF"), {"Content-Disposition": ATTACHED}),
    "a type that is none": (MEDIA, said(kind="image/png, text/html"), {"Content-Type": UNKNOWN}),
    "a type with a charset": (
        MEDIA,
        said(kind="text/plain; charset=utf-7"),
        {"Content-Type": "text/plain; charset=utf-8"},
    ),
    "a picture": (MEDIA, said(kind="IMAGE/PNG"), {"Content-Type": "image/png", "Content-Disposition": None}),
    "a file that wants to be shown": (
        MEDIA,
        said("Content-Disposition: inline; filename=x.html", kind="text/html", body=EVIL),
        {"Content-Disposition": ATTACHED},
    ),
    "a name that is a path": (
        MEDIA,
        said("Content-Disposition: attachment; filename*=utf-8''..%2F..%2Fetc%2Fpasswd", kind="text/csv"),
        {"Content-Disposition": ATTACHED},
    ),
    "a name": (
        MEDIA,
        said("Content-Disposition: attachment; filename*=utf-8''a%20b.csv", kind="text/csv"),
        {"Content-Disposition": "attachment; filename*=utf-8''a%20b.csv"},
    ),
    "a report": ("/export/x/report?format=html", said(kind="text/html", body=EVIL), {"Content-Disposition": ATTACHED}),
    "nothing new": (IMAGES, said('Etag: "x"', status="304 X", body=b""), {"Etag": '"x"', "Content-Type": None}),
    "an error": (
        IMAGES,
        said(status="503 X", body=b'{"detail":"a","message":"a","error":"b","ok":false,"success":false}'),
        {},
    ),
}
"""What passes, without the host's own headers: what is asked for, what the host says, and headers that come of it."""


@pytest.mark.parametrize("case", PASSED)
async def test_j13_passed_without_the_headers(case: str, viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    path, answer, headers = PASSED[case]
    first, rest = answer.split(b"\r\n", 1) if not answer.startswith(b"HTTP/1.1 1") else (b"", answer)
    evil = "".join(f"{line}\r\n" for line in HEADERS).encode()
    response = await asked(viewer_mount, monkeypatch, path, first + b"\r\n" + evil + rest if first else answer)
    assert response.code == int(answer.split(b"HTTP/1.1 ")[-1][:3])
    if "chunk" not in case and response.code != 304:
        assert answer.endswith(response.body)
        assert response.headers["Content-Length"] == str(len(response.body))
    clean(response)
    assert {name: response.headers.get(name) for name in headers} == headers


async def test_j13_inside_jupyter(jupyter_mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = said(*HEADERS, "Server: evil", kind="text/html", body=EVIL)
    for path, status in ((MEDIA, 200), (IMAGES, 502)):
        response = await asked(jupyter_mount, monkeypatch, path, answer)
        assert response.code == status
        assert "Server" not in response.headers
        # Jupyter itself gives its login cookie to whoever brings the token.
        cookies = response.headers.get_list("Set-Cookie")
        assert not [cookie for cookie in cookies if "evil" in cookie]
        del response.headers["Set-Cookie"]
        clean(response)


async def test_j13_gzip_is_looked_into_and_passes_as_it_is(
    viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants = {"Accept-Encoding": "gzip"}
    packed = gzip.compress(GOOD)
    answer = said("Content-Encoding: gzip", body=packed)
    response = await asked(viewer_mount, monkeypatch, IMAGES, answer, **wants)
    assert (response.code, response.body, response.headers["Content-Encoding"]) == (200, packed, "gzip")
    bomb = gzip.compress(b" " * (40 * 1024 * 1024) + GOOD)
    for body in (bomb, packed[:-1], packed + b"x", b"no gzip", gzip.compress(b"[]")):
        answer = said("Content-Encoding: gzip", body=body)
        response = await asked(viewer_mount, monkeypatch, IMAGES, answer, **wants)
        assert response.code == 502, body[:20]


async def test_j13_a_cut_file_does_not_look_whole(viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in (
        said("Content-Length: 900000", kind="image/png", body=b"x" * 800_000),
        said(CHUNKED, kind="image/png", body=chunked(b"x" * 800_000, end=b"")),
        said(CHUNKED, kind="image/png", body=chunked(b"x" * 800_000, end=b"zz\r\n")),
    ):
        with pytest.raises(HTTPStreamClosedError):
            await asked(viewer_mount, monkeypatch, MEDIA, answer)


async def test_j13_what_follows_an_answer_is_nobodys_answer(
    viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            turns.append(writer)
            writer.write(said() + said(body=b'{"run_id":"smuggled","images":[],"keys":[]}'))

    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        for _ in range(3):
            response = await viewer_mount.fetch(through(viewer_mount, IMAGES), whole=True)
            assert response.body == GOOD
        assert len(set(turns)) == 3, "each of the three channels was closed after its answer"


@pytest.mark.parametrize(("method", "status", "asks"), [("GET", 200, 2), ("HEAD", 200, 2), ("POST", 503, 1)])
async def test_a_channel_that_ended_meanwhile_is_replaced_once_where_that_is_safe(
    method: str, status: int, asks: int, viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = []
    kept = {"ok": True}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            heads.append(head.split()[0])
            if not kept.pop("ok", len(heads) > 2):
                return  # says nothing to the second request, and hangs up
            body = b"" if head.startswith("HEAD") else GOOD
            writer.write(said(f"Content-Length: {len(GOOD)}", body=body))

    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        assert (await viewer_mount.fetch(through(viewer_mount, IMAGES), whole=True)).code == 200
        path, body = ("/status/check", b"{}") if method == "POST" else (IMAGES, None)
        headers = {**viewer_mount.token, "Content-Type": "application/json"}
        response = await viewer_mount.fetch(through(viewer_mount, path), headers, method=method, body=body, whole=True)
        assert (response.code, heads[1:]) == (status, [method] * asks)
        assert len(far.opened) == asks


async def test_s17_a_host_that_is_silent_or_drips_is_given_up(
    viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "PATIENCE_S", 0.2)
    monkeypatch.setattr(delivery, "_WHOLE_S", 0.2)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" if b"/facets" in head else said("Content-Length: 1000000", body=b"["))
        while True:
            writer.write(b"X-A: b\r\n" if b"/facets" in head else b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with far_script(drip) as far:
        leads_to(monkeypatch, far)
        for path, status, code in (("/facets", 503, "viewer_unavailable"), (IMAGES, 502, "remote_answer_refused")):
            response = await viewer_mount.fetch(through(viewer_mount, path), whole=True)
            assert (response.code, json.loads(response.body)["error"]) == (status, code)
        assert [end.fileno() for end in far.opened] == [-1, -1]


async def test_an_answer_that_began_is_not_asked_for_again(
    viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(said())
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP")

    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        codes = [(await viewer_mount.fetch(through(viewer_mount, IMAGES), whole=True)).code for _ in range(2)]
        assert (codes, len(heads), len(far.opened)) == ([200, 502], 2, 1)


def clean(response: HTTPResponse) -> None:
    """Check that the answer has our headers and none of the host's."""
    given = response.headers
    for name in ("Set-Cookie", "Location", "Refresh", "Link", "Alt-Svc", "Clear-Site-Data", "Service-Worker-Allowed"):
        assert name not in given, name
    assert not [name for name in given if name.lower().startswith(("access-control-", "www-", "proxy-", "x-evil"))]
    assert given.get_list("X-Content-Type-Options") == ["nosniff"]
    assert given.get_list("Content-Security-Policy") == ["sandbox; default-src 'none'; frame-ancestors 'none'"]
    assert given.get_list("Referrer-Policy") == ["same-origin"]
    assert given.get_list("X-RateLimit-Limit") in ([], ["6000"])
    assert "html" not in given.get("Content-Type", "")


def through(mount: Mount, path: str) -> str:
    return f"{mount.prefix.removesuffix('/api')}/remote/{SESSION}/api{path}"


async def asked(
    mount: Mount, monkeypatch: pytest.MonkeyPatch, path: str, answer: bytes, method: str = "GET", **headers: str
) -> HTTPResponse:
    """Return what comes through when the host says `answer` and hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        return await mount.fetch(
            through(mount, path), {**mount.token, **headers}, method=method, whole=True, unpack=False
        )
