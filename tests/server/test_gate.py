"""Security cases W01–W23 of the gate on every route of both mounts; `patterns` walks the running router."""

from __future__ import annotations

import json
import re
import warnings

import pytest
from jupyter_server.auth import Authorizer
from jupyter_server.utils import JupyterServerAuthWarning
from mounts import Mount, patterns
from tornado.httpclient import HTTPClientError, HTTPResponse

from runicorn_jupyter.server.gate import Gate, GateSocket
from runicorn_jupyter.server.page import PageGate

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
EVIL = "https://evil.example"
JSON = {"Content-Type": "application/json"}


def addresses(mount: Mount) -> list[tuple[str, type]]:
    """Return one address for every rule of the router: groups become a letter, alternatives their first word."""
    return [(_example(pattern), handler) for pattern, handler in patterns(mount)]


def _example(pattern: str) -> str:
    pattern = re.sub(r"\(\?:([^()|?*]+)(?:\|[^()]*)?\)\??", r"\1", pattern)
    pattern = re.sub(r"\(([a-z]+)(?:\|[a-z]+)+\)", r"\1", pattern)
    pattern = re.sub(r"\((?:\?:)?/?\.[*+]\)\??", "/nothing", pattern)
    pattern = re.sub(r"\(?\[[^]]*\](?:\[[^]]*\])?[+*]\)?", "x", pattern)
    return re.sub(r"\\(.)", r"\1", pattern).replace(".*", "/nothing")


def body_of(response: HTTPResponse) -> dict:
    body = json.loads(response.body)
    assert set(body) >= {"detail", "message", "error", "ok", "success"}
    assert body["detail"] == body["message"]
    assert (body["ok"], body["success"]) == (False, False)
    return body


def test_the_walk_sees_the_whole_router(mount: Mount) -> None:
    walked = addresses(mount)
    assert len(walked) > 60
    for address, _ in walked:
        assert not re.search(r"[()\[\]*+?\\]", address), address
    for pattern, handler in patterns(mount):
        assert issubclass(handler, Gate | GateSocket), pattern


async def test_w06_nothing_answers_without_identity_but_health_page_and_files(mount: Mount) -> None:
    for address, handler in addresses(mount):
        for method in METHODS:
            response = await mount.fetch(address, mount.stranger, method=method, whole=True)
            if handler.__name__ == "HealthHandler" and method == "GET":
                assert json.loads(response.body).keys() == {"status", "version"}
            elif handler.__name__ == "StaticHandler":
                assert response.code in {401, 403, 404}
            elif issubclass(handler, PageGate) and mount.kind == "jupyter" and method in {"GET", "HEAD"}:
                assert response.code == 302, (method, address)
                assert "/login?next=" in response.headers["Location"]
                assert not response.body
            else:
                assert response.code in {401, 403}, (method, address, response.code)
                assert b"upstream-0.5.3" not in response.body


async def test_401_names_the_way_in(jupyter_mount: Mount) -> None:
    response = await jupyter_mount.fetch("/runs", {})
    assert response.code == 401
    assert body_of(response)["error"] == "token_required"
    assert "token" in response.headers["WWW-Authenticate"]


async def test_a_wrong_token_is_no_token(mount: Mount) -> None:
    for wrong in ("token wrong", "Bearer ", "Basic d3Jvbmc6", mount.token["Authorization"] + "0"):
        response = await mount.fetch("/runs", {**mount.stranger, "Authorization": wrong})
        assert response.code in {401, 403}, wrong


async def test_w13_a_foreign_host_gets_nothing_anywhere_token_or_not(mount: Mount) -> None:
    everything = [address for address, _ in addresses(mount)]
    if mount.kind == "viewer":
        everything += ["/favicon.ico", "/no/such/thing"]
    for address in everything:
        for identity in (mount.token, mount.cookie, {}):
            for host in ("evil.example", f"evil.example:{mount.port}", "127.0.0.1.evil.example", "localhost.evil"):
                response = await mount.fetch(address, {**identity, "Host": host}, whole=True)
                assert response.code == 403, (address, host, response.code)


async def test_w15_forwarded_headers_change_nothing(mount: Mount) -> None:
    spoofed = {"X-Forwarded-Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
    assert (await mount.fetch("/runs", {**mount.token, **spoofed})).code == 200
    assert (await mount.fetch("/runs", {**mount.token, **spoofed, "Host": "evil.example"})).code == 403
    assert (await mount.fetch("/runs", {**mount.stranger, **spoofed})).code in {401, 403}


async def test_w01_w02_w03_foreign_origins_are_refused_and_never_allowed_to_read(mount: Mount) -> None:
    for origin in (EVIL, "null", "http://localhost:1", f"http://127.0.0.1:{mount.port}.evil.example"):
        for identity in (mount.cookie, mount.token, mount.stranger):
            response = await mount.fetch("/runs", {**identity, "Origin": origin, "Sec-Fetch-Site": "cross-site"})
            assert "Access-Control-Allow-Origin" not in response.headers, origin
            assert response.code in ({200} if identity is mount.token else {401, 403})


async def test_w05_a_preflight_of_a_foreign_origin_gets_no_allow_headers(mount: Mount) -> None:
    asked = {
        "Origin": EVIL,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
        "Access-Control-Request-Private-Network": "true",
    }
    response = await mount.fetch("/runs", asked, method="OPTIONS")
    assert response.code in {401, 403}
    assert not [name for name in response.headers if name.lower().startswith("access-control-")]


async def test_w07_a_cookie_without_xsrf_changes_nothing(mount: Mount) -> None:
    for address, handler in addresses(mount):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            response = await mount.fetch(address, mount.cookie, method=method, whole=True)
            assert response.code == 403, (method, address, handler)


async def test_a_cookie_with_xsrf_may(mount: Mount) -> None:
    xsrf = re.search(r"_xsrf=([^;]+)", mount.cookie["Cookie"])
    assert xsrf
    headers = {**mount.cookie, **JSON, "X-XSRFToken": xsrf[1]}
    response = await mount.fetch("/recycle-bin/empty", headers, method="POST", body=b"{}")
    assert body_of(response)["detail"] == "Must set confirm=true to permanently delete"
    headers["X-XSRFToken"] = "2|00000000|00000000000000000000000000000000|1"
    assert (await mount.fetch("/recycle-bin/empty", headers, method="POST", body=b"{}")).code == 403


async def test_w08_only_json_bodies_are_read(mount: Mount) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\nPK\r\n--x--\r\n'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None):
        headers = {**mount.token, **({"Content-Type": kind} if kind else {})}
        body = part if kind and "multipart" in kind else b'{"run_ids":[]}'
        response = await mount.fetch("/runs/soft-delete", headers, method="POST", body=body)
        assert response.code == 415, kind
        assert body_of(response)["error"] == "unsupported_media_type"


async def test_w12_a_cross_site_get_with_the_cookie_is_refused(mount: Mount) -> None:
    assert (await mount.fetch("/runs", mount.cookie)).code == 200
    for site in ("cross-site", "same-site"):
        headers = {**mount.cookie, "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
        response = await mount.fetch("/runs", headers)
        assert (response.code, body_of(response)["error"]) == (403, "forbidden")


async def test_w16_w17_w18_sockets_refuse_strangers_and_foreign_origins(mount: Mount) -> None:
    cookie = mount.cookie
    own = f"http://127.0.0.1:{mount.port}"
    for path in ("/events/ws", "/runs/x/logs/ws"):
        refused = [
            {**cookie, "Origin": EVIL},
            {**cookie, "Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
            {**cookie, "Origin": "null"},
            {**cookie, "Origin": "http://localhost:1", "Sec-Fetch-Site": "same-site"},
            {**mount.stranger, "Origin": own},
            {key: value for key, value in cookie.items() if key == "Cookie"},
        ]
        for headers in refused:
            headers.setdefault("Sec-Fetch-Site", "cross-site") if headers.get("Origin") == EVIL else None
            with pytest.raises(HTTPClientError) as refusal:
                await mount.socket(path, headers)
            assert refusal.value.code in {401, 403}, headers
        socket = await mount.socket(path, {**cookie, "Origin": own})
        assert await socket.read_message()
        socket.close()


async def test_w20_every_answer_carries_the_headers(mount: Mount) -> None:
    run = (await mount.json("/runs"))[0]["id"]
    for path in ("/runs", "/health", f"/runs/{run}", "/runs?limit=x", "/nothing", "/recycle-bin"):
        for headers in (mount.token, mount.stranger):
            answer = (await mount.fetch(path, headers)).headers
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in answer["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
            assert answer["Referrer-Policy"] == "same-origin"
            assert "Server" not in answer


async def test_d3_body_for_every_kind_of_error(mount: Mount) -> None:
    cases = [
        ("GET", "/runs?limit=-1", 400, "invalid_parameters"),
        ("GET", "/runs?limit=1&limit=2", 400, "invalid_parameters"),
        ("GET", "/runs/none", 404, "run_not_found"),
        ("GET", "/nothing/here", 404, "not_found"),
        ("POST", "/runs", 405, "method_not_allowed"),
        ("DELETE", "/recycle-bin", 405, "method_not_allowed"),
        ("GET", "/runs/soft-delete", 405, "method_not_allowed"),
    ]
    for method, path, status, code in cases:
        response = await mount.fetch(path, method=method)
        assert (response.code, body_of(response)["error"]) == (status, code), path
        assert response.headers["Content-Type"] == "application/json"
    assert "GET" in (await mount.fetch("/runs", method="POST")).headers["Allow"]


async def test_w23_a_failure_inside_shows_nothing_of_it(mount: Mount, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    from runicorn_jupyter.workspace import Workspace

    def fail(*_: object) -> None:
        raise KeyError("/secret/path")

    monkeypatch.setattr(Workspace, "projects", fail)
    response = await mount.fetch("/projects?login=hidden")
    assert (response.code, body_of(response)["error"]) == (500, "internal_error")
    assert b"secret" not in response.body
    assert b"Traceback" not in response.body
    assert "KeyError" in caplog.text
    response = await mount.fetch("/%3Cscript%3E")
    assert response.code == 404
    assert b"<script" not in response.body


async def test_a_body_that_is_no_utf8_address_is_400(mount: Mount) -> None:
    assert (await mount.fetch("/runs/%ff%fe")).code == 400
    assert (await mount.fetch("/runs?project=%ff")).code == 400


class DenyAll(Authorizer):
    def is_authorized(self, handler, user, action, resource) -> bool:
        assert resource in {"runicorn", "runicorn:remote"}
        return False


async def test_j11_an_authorizer_that_says_no_is_obeyed_everywhere(mount: Mount) -> None:
    mount.application.settings["authorizer"] = DenyAll()
    for address, handler in addresses(mount):
        response = await mount.fetch(address, whole=True)
        if handler.__name__ != "StaticHandler" or mount.kind == "jupyter":
            assert response.code == 403, (address, response.code)
    with pytest.raises(HTTPClientError) as refusal:
        await mount.socket("/events/ws")
    assert refusal.value.code == 403


def test_jupyter_finds_no_verb_without_authentication(jp_configurable_serverapp) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        app = jp_configurable_serverapp()
    assert app.web_app.settings["allow_unauthenticated_access"] is False
    assert "runicorn_jupyter" in app.extension_manager.extensions
    assert not [str(one.message) for one in caught if issubclass(one.category, JupyterServerAuthWarning)]
