"""Views without a kernel: a comm that records, and a page half that needs no build."""

from __future__ import annotations

import comm
import pytest
from pages import FakeComm

from runicorn_jupyter.widgets import _esm, workspaces
from runicorn_jupyter.widgets import view as view_module


@pytest.fixture
def comms(monkeypatch):
    """Return the comms opened, oldest first."""
    opened: list[FakeComm] = []

    def create(**options):
        made = FakeComm(**options)
        if "doc" in made.opened:  # ipywidgets opens another comm for the layout
            opened.append(made)
        return made

    monkeypatch.setattr(comm, "create_comm", create)
    monkeypatch.setattr(_esm, "source", lambda: "export default {}")
    return opened


@pytest.fixture(autouse=True)
def _all_closed():
    yield
    view_module.close_all()
    workspaces.close_all()
