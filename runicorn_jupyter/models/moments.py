"""Moments in the form that documents of 0.5.0 show."""

from __future__ import annotations

from datetime import UTC, datetime


def iso_time(when: float | None = None) -> str:
    """Return a moment as ISO 8601 in UTC, whole seconds; now, when none is given."""
    moment = datetime.now(UTC) if when is None else datetime.fromtimestamp(when, UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
