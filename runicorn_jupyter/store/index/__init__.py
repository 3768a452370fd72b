"""The disposable index of a root: one row a run, and lists of runs in any order out of it."""
