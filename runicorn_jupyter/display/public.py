"""A run without anything of the machine it lies on, fit for a notebook that others will read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runicorn_jupyter.models import RunRecord


def public(record: RunRecord) -> RunRecord:
    """Return `record` without its directory and host, also where our own sentences about it name them."""
    return replace(
        record,
        run_dir="",
        hostname=None,
        state_reason=_homeless(record, record.state_reason),
        problems=tuple(_homeless(record, problem) for problem in record.problems),
    )


def _homeless(record: RunRecord, text: str) -> str:
    names = ((record.run_dir, "its directory"), (str(Path.home()), "~"), (record.hostname or "", "its host"))
    for secret, word in names:
        if len(secret) > 1:
            text = text.replace(secret, word)
    return text
