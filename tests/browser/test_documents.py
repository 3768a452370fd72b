"""Swagger UI and ReDoc of a viewer in a real browser, which asks nobody but the viewer for anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from viewers import ViewerProcess, running_viewer


@pytest.fixture
def viewer(upstream_053: Path) -> Iterator[ViewerProcess]:
    with running_viewer(upstream_053) as started:
        yield started


@pytest.fixture
def asked(page: Page) -> list[str]:
    """Return the addresses that the page asks for, and what its policy refused, as they come."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text) if "Content Security Policy" in message.text else None)
    return seen


def foreign(asked: list[str], base: str) -> list[str]:
    return [one for one in asked if not one.startswith((base, "data:"))]


def test_swagger_shows_the_api_and_sends_a_request(page: Page, viewer: ViewerProcess, asked, shot) -> None:
    base = f"http://127.0.0.1:{viewer.port}/"
    page.goto(f"{base}docs")  # the owner's own navigation logs in, as on the page itself
    page.locator("#operations-tag-health").click()
    health = page.locator("#operations-health-get_health")
    health.locator("button.opblock-summary-control").click()
    health.get_by_role("button", name="Try it out").click()
    health.get_by_role("button", name="Execute").click()
    expect(health.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")
    shot("api-swagger")
    assert foreign(asked, base) == []


def test_redoc_shows_the_api(page: Page, viewer: ViewerProcess, asked, shot) -> None:
    base = f"http://127.0.0.1:{viewer.port}/"
    page.goto(f"{base}redoc")
    expect(page.locator("h1").first).to_contain_text("Runicorn")
    expect(page.get_by_text("/api/health").first).to_be_attached()
    shot("api-redoc")
    assert foreign(asked, base) == []
