"""Artifacts: versions, aliases, lineage, each byte once."""

from runicorn_jupyter.store.artifacts.artifacts import Artifacts

__all__ = ["Artifacts"]
