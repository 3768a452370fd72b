"""The `runicorn` command."""

from __future__ import annotations

from runicorn_jupyter.cli.main import main

__all__ = ["main"]
