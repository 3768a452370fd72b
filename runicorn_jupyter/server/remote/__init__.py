"""Other hosts over HTTP."""
