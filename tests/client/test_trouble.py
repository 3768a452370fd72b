"""What can go wrong between a client and a server, each as the documented exception with one sentence."""

from __future__ import annotations

import builtins
import contextlib
import json
import socket
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from viewers import running_viewer

from client.conftest import settled_viewer
from client.standin import HEALTH, hangs_up, in_turn, sends, stand_in
from runicorn_jupyter.client import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectionError,  # noqa: A004
    HostKeyConfirmationRequiredError,
    NotFoundError,
    RateLimitError,
    RunicornAPIError,
    RunicornClient,
    ServerError,
)
from runicorn_jupyter.client.address import parse
from runicorn_jupyter.client.tokens import find_token, running


def one_sentence(error: BaseException) -> str:
    text = str(error)
    assert text.endswith((".", ")"))
    assert "\n" not in text
    assert "Traceback" not in text
    assert "HTTPConnectionPool" not in text
    return text


def test_the_tree_is_as_documented():
    for kind in (ConnectionError, NotFoundError, BadRequestError, ServerError, AuthenticationError):
        assert kind.__bases__[0] is RunicornAPIError
    assert issubclass(ConnectionError, builtins.ConnectionError)


def test_nobody_there_says_how_to_start_one_at_once(free_port):
    with pytest.raises(ConnectionError) as raised:
        RunicornClient(f"http://127.0.0.1:{free_port}", max_retries=50)
    assert "runicorn viewer" in one_sentence(raised.value)


def test_a_viewer_on_another_port_is_named(free_port, upstream_053):
    with settled_viewer(upstream_053) as viewer, pytest.raises(ConnectionError) as raised:
        RunicornClient(f"http://127.0.0.1:{free_port}")
    assert f"http://127.0.0.1:{viewer.port}" in one_sentence(raised.value)


@pytest.mark.parametrize("url", ["", "localhost:23300", "ftp://a", "http://", "http://a:b", "http://a:99999"])
def test_what_is_no_address(url):
    with pytest.raises(BadRequestError, match="http://127"):
        RunicornClient(url)


@pytest.mark.parametrize(
    "health",
    [
        sends({"hello": 1}),
        sends([1]),
        sends(body=b"<html>hi</html>", kind="text/html"),
        sends({"detail": "Not Found"}, 404),
        sends(body=b"", status=204),
    ],
)
def test_a_foreign_server(health):
    with stand_in(health=health) as server, pytest.raises(ConnectionError) as raised:
        RunicornClient(server.url)
    assert "no Runicorn viewer" in one_sentence(raised.value)


@pytest.mark.parametrize(("status", "kind"), [(400, BadRequestError), (429, RateLimitError), (503, ServerError)])
def test_a_viewer_in_trouble_is_a_viewer(status, kind):
    body = {"error": "a_word", "message": "The storage root is a file.", "detail": "The storage root is a file."}
    with stand_in(health=sends(body, status)) as server, pytest.raises(kind, match=r"The storage root is a file\."):
        RunicornClient(server.url)


def test_a_server_that_wants_a_login_page():
    with stand_in(health=sends(status=302)) as server, pytest.raises(AuthenticationError, match="token"):
        RunicornClient(server.url)


@pytest.mark.parametrize("answer", [sends({"detail": "Not Found"}, 404), sends({"detail": "Method Not Allowed"}, 405),
                                    sends(body=b"<!doctype html>", kind="text/html")])  # fmt: skip
def test_an_old_viewer_lacks_a_route(answer):
    old = {"status": "ok", "version": "0.7.2", "storage": "x"}
    with (
        stand_in(health=sends(old), experiments=answer) as server,
        RunicornClient(server.url) as client,
        pytest.raises(NotFoundError) as raised,
    ):
        client.list_experiments()
    assert "older viewer" in one_sentence(raised.value)
    assert "GET /api/experiments" in str(raised.value)


def test_a_wrong_token_and_the_right_one(upstream_053):
    with running_viewer(upstream_053, "--require-token") as viewer:
        url = f"http://127.0.0.1:{viewer.port}"
        with pytest.raises(AuthenticationError) as raised:
            RunicornClient(url, token="wrong")
        assert "does not know this token" in one_sentence(raised.value)
        with RunicornClient(url) as client:  # found in the file that the viewer keeps for its user
            assert client.health_check()["storage"] == str(upstream_053)
        [announced] = list(running())
        with RunicornClient(f"{url}/?token={announced.token}") as client:
            assert client.base_url == url
            assert client.list_projects()


def test_a_token_is_wanted_and_none_is_known(upstream_053, own_home, monkeypatch):
    with running_viewer(upstream_053, "--require-token") as viewer:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(own_home))
        with pytest.raises(AuthenticationError) as raised:
            RunicornClient(f"http://127.0.0.1:{viewer.port}")
        assert "wants a token" in one_sentence(raised.value)


def test_a_token_that_is_revoked_later():
    body = {"error": "token_required", "message": "Log in first.", "detail": "Log in first."}
    with (
        stand_in(runs=sends(body, 401)) as server,
        RunicornClient(server.url) as client,
        pytest.raises(AuthenticationError, match=r"Log in first\. Give the token"),
    ):
        client.list_runs()


@pytest.mark.parametrize("claim", [1, 5000])
def test_a_truncated_answer(claim):
    with (
        stand_in(runs=sends([{"id": "a"}], claim=claim)) as server,
        RunicornClient(server.url, max_retries=1) as client,
        pytest.raises(ConnectionError) as raised,
    ):
        client.list_runs()
    assert "cut short" in one_sentence(raised.value)
    assert server.count("/api/runs") == 2


def test_a_truncated_answer_is_asked_for_again_unless_to_a_post():
    half, whole = sends([{"id": "a"}], claim=9), sends([{"id": "a"}])
    with stand_in(runs=in_turn(half, whole), status_check=half) as server, RunicornClient(server.url) as client:
        assert client.list_runs() == [{"id": "a"}]
        with pytest.raises(ConnectionError, match="cut short"):
            client.check_status()
    assert server.count("/api/status/check") == 1


def test_half_an_answer_that_claims_to_be_whole():
    with (
        stand_in(runs=sends(body=b'[{"id": "a"')) as server,
        RunicornClient(server.url) as client,
        pytest.raises(ConnectionError) as raised,
    ):
        client.list_runs()
    assert "not whole JSON" in one_sentence(raised.value)


@pytest.mark.parametrize("value", [{"runs": []}, "text", None, 3])
def test_an_answer_of_another_shape(value):
    with (
        stand_in(runs=sends(value), config=sends([1]), projects=sends({})) as server,
        RunicornClient(server.url) as client,
    ):
        for call in (client.list_runs, client.get_config, client.list_projects):
            with pytest.raises(ServerError) as raised:
                call()
            assert "another version" in one_sentence(raised.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, BadRequestError), (404, NotFoundError), (405, BadRequestError), (409, ConflictError),
     (413, BadRequestError), (415, BadRequestError), (403, AuthenticationError), (418, RunicornAPIError),
     (429, RateLimitError), (500, ServerError), (501, ServerError), (507, ServerError)],
)  # fmt: skip
def test_a_status_is_its_exception_with_the_servers_sentence(status, kind):
    body = {"detail": "No.", "message": "No, and this is why.", "error": "a_word", "retry_after": 7}
    with (
        stand_in(config=sends(body, status)) as server,
        RunicornClient(server.url, max_retries=0) as client,
        pytest.raises(RunicornAPIError) as raised,
    ):
        client.get_config()
    assert type(raised.value) is kind
    assert str(raised.value) == "No, and this is why."
    assert (raised.value.status_code, raised.value.error) == (status, "a_word")
    assert getattr(raised.value, "retry_after", 7) == 7


def test_a_complaint_of_upstreams_server_is_readable():
    body = {"detail": [{"type": "missing", "loc": ["body", "host"], "msg": "Field required", "input": {}}]}
    with (
        stand_in(remote_connect=sends(body, 422)) as server,
        RunicornClient(server.url) as client,
        pytest.raises(BadRequestError, match=r"body\.host: Field required"),
    ):
        client.remote.connect("h")


def test_an_unknown_host_key_is_handed_over():
    key = {"host": "h", "port": 22, "key_type": "ssh-ed25519", "public_key": "AAAA", "fingerprint_sha256": "SHA256:x"}
    detail = {"code": "HOST_KEY_CONFIRMATION_REQUIRED", "message": "Unknown host.", "host_key": key}
    answers = {"remote_connect": sends({"detail": detail}, 409), "remote_known-hosts_accept": sends({"ok": True})}
    with stand_in(**answers) as server, RunicornClient(server.url) as client:
        with pytest.raises(HostKeyConfirmationRequiredError, match="Unknown host") as raised:
            client.remote.connect("h", username="u")
        assert raised.value.host_key == key
        assert client.remote.confirm_host_key(**key) == {"ok": True}
        assert json.loads(server.asked[-1].body) == key


def test_get_put_and_delete_are_sent_again_and_post_never():
    """D30."""
    failed, fine = sends({"detail": "busy"}, 503), sends({"fine": 1})
    with (
        stand_in(config=in_turn(failed, fine), runs_x=in_turn(failed, fine), status_check=failed) as server,
        RunicornClient(server.url) as client,
    ):
        assert client.get_config() == {"fine": 1}
        assert client.delete("/runs/x") == {"fine": 1}
        server.answers["/api/config"] = in_turn(failed, fine)
        assert client.update_config({}) == {"fine": 1}
        with pytest.raises(ServerError, match="busy"):
            client.check_status()
    assert (server.count("/api/config"), server.count("/api/runs/x"), server.count("/api/status/check")) == (4, 2, 1)


def test_a_line_that_breaks():
    with (
        stand_in(status_check=hangs_up, config=in_turn(hangs_up, sends({"fine": 1}))) as server,
        RunicornClient(server.url) as client,
    ):
        assert client.get_config() == {"fine": 1}
        with pytest.raises(ConnectionError) as raised:
            client.check_status()
    assert "broke" in one_sentence(raised.value)
    assert server.count("/api/status/check") == 1


def test_a_server_that_does_not_answer_in_time():
    release = threading.Event()
    with stand_in(status_check=lambda _: release.wait(20)) as server:
        with RunicornClient(server.url, timeout=0.3) as client, pytest.raises(ConnectionError) as raised:
            client.check_status()
        release.set()
    assert "within 0.3 s" in one_sentence(raised.value)


def test_retries_of_a_silent_server_end(free_port):
    release = threading.Event()
    with stand_in(config=lambda _: release.wait(20)) as server:
        with RunicornClient(server.url, timeout=0.2, max_retries=1) as client, pytest.raises(ConnectionError) as raised:
            client.get_config()
        release.set()
    assert "did not answer" in one_sentence(raised.value)
    assert server.count("/api/config") == 2


@given(st.one_of(st.text(max_size=40), st.text(max_size=30).map("http://{}".format)))
@settings(max_examples=80)
def test_any_text_is_an_address_or_a_complaint(text):
    try:
        found = parse(text)
    except BadRequestError:
        return
    assert found.apis[0].startswith("http")
    assert find_token(found.base_url) is None


def test_the_token_goes_to_its_server_only():
    with stand_in() as server, stand_in() as other, RunicornClient(server.url, token="secret-1") as client:
        client.session.get(f"{other.url}/api/health")
        client.health_check()
        assert "Authorization" not in other.asked[-1].headers
        assert server.asked[-1].headers["Authorization"] == "token secret-1"


def test_no_proxy_and_no_netrc_sees_a_call_to_this_machine(tmp_path, monkeypatch, own_home):
    (own_home / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    (own_home / ".netrc").chmod(0o600)
    with stand_in() as proxy, stand_in() as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        with RunicornClient(server.url) as client:
            client.health_check()
        assert "Authorization" not in server.asked[-1].headers
        assert proxy.asked == []


def test_cookies_are_not_kept():
    """A cookie would make us look like a browser, whose calls need more than the owner's (G4)."""

    def with_cookie(handler) -> None:
        body = json.dumps(HEALTH).encode()
        handler.send_response(200)
        handler.send_header("Set-Cookie", "a=b; Path=/")
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with stand_in(health=with_cookie) as server, RunicornClient(server.url) as client:
        client.health_check()
        assert all("Cookie" not in asked.headers for asked in server.asked)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["experiments", "projects", "metrics", "versions", "version", "files", "artifacts", "sessions",
                         "session", "host", "path", "items", "envs", "x"]),
        inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def odd():
    """Return a server that answers anything, and a client of it."""
    with stand_in() as server, RunicornClient(server.url, max_retries=0) as client:
        yield server, client


@given(JSON)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_answer_is_a_value_or_a_documented_exception(odd, tmp_path, value):
    server, client = odd
    server.otherwise = sends(value)
    artifacts, remote = client.artifacts, client.remote
    calls = (
        client.list_experiments, client.list_runs, lambda: list(client.iter_runs()), lambda: client.get_run("x"),
        client.list_projects, lambda: client.get_metrics("x"), lambda: client.get_metrics("x", ["a"]),
        client.get_config, client.list_paths, client.list_runs_by_path, lambda: client.delete_runs(["x"]),
        artifacts.list_artifacts, lambda: artifacts.list_versions("x"), lambda: artifacts.get_artifact("x:v1"),
        lambda: artifacts.download_artifact("x:v1", tmp_path), lambda: artifacts.download_artifact("x:y", tmp_path),
        remote.list_sessions, lambda: remote.disconnect("x"), lambda: remote.start_viewer("x", "~"),
        remote.list_viewer_sessions, lambda: remote.list_remote_directory("x"),
        lambda: remote.check_remote_path("x", "y"), lambda: remote.list_environments("x"),
    )  # fmt: skip
    for call in calls:
        with contextlib.suppress(RunicornAPIError):
            call()
