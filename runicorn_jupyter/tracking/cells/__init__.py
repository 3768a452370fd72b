"""The notebook: which cell logged, and the magics."""
