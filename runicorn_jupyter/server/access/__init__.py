"""Who may call, how often, and how a browser or a program of the owner gets in."""
