from __future__ import annotations

import pytest

from runicorn_jupyter.server.access.hosts import is_allowed, is_loopback, is_loopback_host


@pytest.mark.parametrize(
    "header",
    [
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1",
        "127.0.0.1:23300",
        "127.9.9.9:1",
        "[::1]",
        "[::1]:5",
        "[::ffff:127.0.0.1]:5",
    ],
)
def test_loopback_by_name_or_literal_address(header: str) -> None:
    assert is_loopback_host(header)


@pytest.mark.parametrize(
    "header",
    [
        "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "localhost.", "127.1", "2130706433",
        "0x7f.1", "localhost:99999", "localhost:", "localhost:1:2", "localhost:x", "a@localhost", "localhost/",
        "localhost,evil", "[::1", "::1]:5", "[fe80::1]", "10.0.0.1", "0.0.0.0", " localhost", "localhost\n",
    ],
)  # fmt: skip
def test_everything_else_is_not(header: str) -> None:
    assert not is_loopback_host(header)
    assert not is_allowed(header, frozenset({"gpu7.cluster"}))


def test_a_configured_name_is_allowed_on_any_port_and_in_any_case() -> None:
    assert is_allowed("GPU7.cluster:8443", frozenset({"gpu7.cluster"}))


def test_addresses() -> None:
    assert is_loopback("::1%lo")
    assert is_loopback("::ffff:127.0.0.1")
    assert not is_loopback("::ffff:10.0.0.1")
    assert not is_loopback("localhost")
