"""Runs over HTTP: lists, metrics, logs, media, the recycle bin, in and out."""
