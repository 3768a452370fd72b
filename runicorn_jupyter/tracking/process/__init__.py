"""Which process this is, which directory it writes, and who else does."""
