"""docs/loggers.md as what it is: programs."""

from __future__ import annotations

import re

from places import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "loggers.md"


def recipes() -> dict[str, str]:
    """Return the code block of every heading that has one."""
    found = {}
    for part in re.split(r"^## ", DOCUMENT.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title = part.splitlines()[0].strip()
        blocks = re.findall(r"^```python\n(.*?)^```$", part, flags=re.MULTILINE | re.DOTALL)
        assert len(blocks) <= 1, f"one recipe a heading: {title}"
        if blocks:
            found[title] = blocks[0]
    return found


def recipe(title: str) -> str:
    """Return the code block below the heading `title`."""
    return recipes()[title]
