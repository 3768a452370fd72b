"""How a run ends when nobody says so."""
