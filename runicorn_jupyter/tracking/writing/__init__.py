"""How points and documents reach the disk, whatever the disk does."""
