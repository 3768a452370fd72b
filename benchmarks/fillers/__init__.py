"""Each peer's own storage, filled with the numbers of `truth`, by the peer's own interpreter."""
