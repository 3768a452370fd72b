"""The points of runs in columns: read from events.jsonl once, summed up, and kept in the curve cache."""
