"""How much room something takes in a saved notebook."""

from __future__ import annotations

import json
from typing import Any

_DEPTH = 5
"""Outputs stand this many levels deep in a notebook, and every line is indented by a space a level."""


def weight(value: Any) -> int:
    """Return the bytes of `value` in a notebook file, which is JSON with one value a line."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return len(text.encode("utf-8", "replace")) + _DEPTH * text.count("\n")
