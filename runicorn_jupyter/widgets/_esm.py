"""Where the page half of a view lies."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from runicorn_jupyter.errors import NotFound

WIDGET = Path(__file__).parent.parent / "static" / "widget.js"


@cache
def source(path: Path = WIDGET) -> str:
    """Return the text of the widget's ES module.

    Raises
    ------
    NotFound
        The package was installed from a tree whose front end was never built.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise NotFound(
            "The page half of the widget (static/widget.js) is not built: "
            "run `make build` in the source tree, or install runicorn-jupyter from a wheel."
        ) from None
