"""Artifacts over HTTP: versions, files, lineage."""
