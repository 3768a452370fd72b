"""Programs that are sent to a host and run there by its own Python, 3.6 or later, with nothing installed."""
