"""The text log of a run: its end, windows of it, and what a search finds."""
