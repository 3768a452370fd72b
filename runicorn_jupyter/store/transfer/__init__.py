"""Data in and out of a root: archives of runs, their import, and the points of runs as files of other programs."""
