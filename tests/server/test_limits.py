"""Rate limits (D8): what is counted, what is told, when it ends."""

from __future__ import annotations

import pytest
from mounts import Mount

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.server.access.limits import DEFAULT, DOCUMENTED, RateLimits, parse
from runicorn_jupyter.server.service import SETTING


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_slides_and_frees_one_place_after_the_other():
    clock = Clock()
    limits = RateLimits({"standard": 2}, clock=clock)
    assert limits.take("standard", "a") == (2, 1, 60, True)
    clock.now += 20
    assert limits.take("standard", "a") == (2, 0, 40, True)
    assert limits.take("standard", "a") == (2, 0, 40, False)
    assert limits.take("standard", "b").allowed
    clock.now += 40
    assert limits.take("standard", "a") == (2, 0, 20, True)
    assert not limits.take("standard", "a").allowed


def test_a_refused_request_is_not_counted_and_a_look_counts_nothing():
    clock = Clock()
    limits = RateLimits({"connect": 1}, clock=clock)
    assert limits.peek("connect", "a") == (1, 1, 0, True)
    limits.take("connect", "a")
    for _ in range(5):
        clock.now += 10
        assert not limits.take("connect", "a").allowed
    clock.now += 10
    assert limits.take("connect", "a").allowed


def test_zero_is_no_limit_and_many_clients_are_forgotten():
    limits = RateLimits({"standard": 0, "v2": 1})
    assert all(limits.take("standard", "a").allowed for _ in range(10_000))
    for number in range(3000):
        limits.take("v2", str(number))
    assert len(limits._seen) == 1000


@pytest.mark.parametrize("limits", [{"other": 1}, {"standard": -1}, {"standard": True}, {"standard": 10**7}])
def test_wrong_limits_are_refused_with_a_sentence(limits):
    with pytest.raises(BadRequest, match="rate limit"):
        RateLimits(limits)


def test_words_of_a_command_line_name_presets_and_numbers():
    assert parse([]) == DEFAULT
    assert parse(["documented"]) == DOCUMENTED
    assert parse(["documented", "v2=7"]) == {**DOCUMENTED, "v2": 7}
    for wrong in ("fast", "standard", "standard=", "standard=-1", "standard=1e3", "other=1"):
        with pytest.raises(BadRequest):
            parse([wrong])


async def test_every_answer_tells_the_limit(mount: Mount) -> None:
    for path in ("/health", "/runs", "/runs/no-such-run", "/nowhere"):
        headers = (await mount.fetch(path)).headers
        assert headers["X-RateLimit-Limit"] == "6000"
        assert 0 <= int(headers["X-RateLimit-Remaining"]) < 6000
        assert 0 < int(headers["X-RateLimit-Reset"]) <= 60


async def test_the_documented_preset_refuses_the_61st_request_of_a_minute(mount: Mount) -> None:
    mount.application.settings[SETTING].limits = RateLimits(DOCUMENTED)
    codes = [
        (await mount.fetch("/projects", {**mount.token, "X-Forwarded-For": f"10.0.0.{n}"})).code for n in range(61)
    ]
    assert codes == [200] * 60 + [429]
    refused = await mount.fetch("/runs")
    assert refused.code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert b'"rate_limited"' in refused.body
    assert b'"retry_after"' in refused.body
