"""Gestures that several browser tests make."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


def drag_over(page: Page, target: Locator, start: float, end: float) -> None:
    """Drag horizontally over `target` from one share of its width to another, as a person zooms a chart."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + (start + end) / 2 * box["width"], y, steps=5)
    page.mouse.move(box["x"] + end * box["width"], y, steps=5)
    page.mouse.up()


def double_click(page: Page, target: Locator) -> None:
    """Double click the middle of `target`, whatever lies over it there."""
    box = target.bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def set_range(slider: Locator, value: str) -> None:
    """Move a slider to `value`, telling the page as a real movement does."""
    slider.evaluate(
        """(element, value) => {
          element.value = value;
          element.dispatchEvent(new Event('input', { bubbles: true }));
        }""",
        value,
    )


def make_dark(page: Page) -> None:
    """Switch JupyterLab to its dark theme."""
    page.evaluate(
        "() => { void window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'}); }"
    )
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    page.locator("#jupyterlab-splash").wait_for(state="detached")
