"""Our viewer on an index that nobody refreshes: its rows have no files (``frozen_viewer.py`` takes its arguments)."""

from __future__ import annotations

import sys

from runicorn_jupyter.cli import main
from runicorn_jupyter.store.refresh.refresher import Refresher


def _never(_: Refresher) -> None:
    """Stand still."""


if __name__ == "__main__":
    Refresher.start = Refresher.catch_up = Refresher.close = _never  # type: ignore[method-assign,assignment]
    sys.exit(main(sys.argv[1:]))
