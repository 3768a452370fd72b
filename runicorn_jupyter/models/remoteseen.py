"""A viewer on another host as a notebook has heard of it, from its own kernel or from the page it stands in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeenSession:
    """One viewer on another host; of it only `label`, `environment` and `state` may go into a saved output."""

    id: str
    host: str
    root: str
    """An absolute path there."""
    environment: str
    state: str
    """``connecting``, ``running``, ``reconnecting``, ``degraded`` or ``stopped``."""
    reason: str
    """A sentence: why it does not run, or what happened last; empty when there is none."""
    since: float
    """When this state began."""

    @property
    def label(self) -> str:
        """What outputs call it: the last part of its root."""
        return self.root.rstrip("/").rpartition("/")[2] or "root"
