"""Programs that are run by path, each in its own process, some by a peer's interpreter: standard library only."""
