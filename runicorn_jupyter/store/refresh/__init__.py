"""Finding what changed in a root, and telling the index."""
