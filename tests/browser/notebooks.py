"""Driving a notebook in JupyterLab and Notebook 7 as a person would: cell by cell, looking at what appears."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page

CONNECTED = """() => {
  const notebook = window.jupyterapp?.shell?.currentWidget;
  return notebook?.sessionContext?.session?.kernel?.connectionStatus === 'connected';
}"""

PROMPTS = """window.jupyterapp.shell.currentWidget.content.widgets.map(
  cell => cell.inputArea?.promptNode?.textContent ?? ''
)"""


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of code cells; what Lab shows as trusted is decided by Lab."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell, id=f"cell-{at}") for at, cell in enumerate(cells)],
        metadata={"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}},
    )
    nbformat.write(notebook, path)
    return path


class Notebook:
    """The notebook shown in `page`."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)
        page.wait_for_function(CONNECTED)
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()

    def cell(self, at: int) -> Locator:
        """Return the cell number `at`, markdown cells counted."""
        return self.page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{at}']")

    def output(self, at: int) -> Locator:
        """Return the output area of a cell."""
        return self.cell(at).locator(".jp-OutputArea-output")

    def run(self, at: int) -> None:
        """Start a cell and return at once."""
        self._go_to(at)
        self.command("notebook:run-cell")

    def _go_to(self, at: int) -> None:
        self.page.evaluate(
            """at => {
              const notebook = window.jupyterapp.shell.currentWidget.content;
              notebook.activeCellIndex = at;
              notebook.scrollToItem(at, 'smart');
            }""",
            at,
        )

    def show(self, at: int) -> None:
        """Scroll a cell into view."""
        self._go_to(at)
        self.cell(at).scroll_into_view_if_needed()

    def busy(self) -> bool:
        """Tell whether a cell is executing; the kernel's own status turns idle after each message of a widget."""
        return bool(self.page.evaluate(f"() => ({PROMPTS}).some(prompt => prompt.includes('*'))"))

    def wait_idle(self) -> None:
        """Wait until no cell runs or waits."""
        self.page.wait_for_function(
            """() => {
              const idle = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle';
              return idle && !("""
            + PROMPTS
            + """).some(prompt => prompt.includes('*'));
            }"""
        )

    def save(self) -> None:
        """Save the notebook and wait until it is on disk."""
        self.page.evaluate("async () => { await window.jupyterapp.shell.currentWidget.context.save(); }")

    def command(self, name: str, **arguments: Any) -> None:
        """Execute a command of the application without waiting for its promise."""
        self.page.evaluate(
            "([name, args]) => { void window.jupyterapp.commands.execute(name, args); }", [name, arguments]
        )
